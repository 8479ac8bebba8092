using System.Globalization;
using System.Numerics;
using System.Text;

namespace Whorl.Tokenizers.ChatTemplates;

/// <summary>Python's <c>format % values</c>.</summary>
/// <remarks>Source: https://docs.python.org/3/library/stdtypes.html#printf-style-string-formatting</remarks>
internal sealed class PercentFormat
{
    private readonly string _format;
    private readonly Value _values;
    private readonly IReadOnlyList<Value> _sequence;
    private readonly bool _escape;
    private int _at;
    private int _used;

    private PercentFormat(StrValue format, Value values)
    {
        _format = format.Text;
        _values = values;
        _sequence = values is TupleValue tuple ? tuple.Items : [values];
        _escape = format.IsMarkup;
    }

    public static StrValue Format(StrValue format, Value values) => format.With(new PercentFormat(format, values).Expand());

    /// <summary>A <c>repr</c> with everything beyond ASCII escaped.</summary>
    public static string Ascii(string text)
    {
        var ascii = new StringBuilder();
        foreach (int point in PythonText.CodePoints(text))
        {
            _ = point switch
            {
                < 0x80 => ascii.Append((char)point),
                < 0x100 => ascii.Append(CultureInfo.InvariantCulture, $"\\x{point:x2}"),
                < 0x10000 => ascii.Append(CultureInfo.InvariantCulture, $"\\u{point:x4}"),
                _ => ascii.Append(CultureInfo.InvariantCulture, $"\\U{point:x8}"),
            };
        }

        return ascii.ToString();
    }

    private string Expand()
    {
        var text = new StringBuilder();
        for (_at = 0; _at < _format.Length; _at++)
        {
            if (_format[_at] == '%')
            {
                _at++;
                text.Append(Conversion());
                RenderBudget.Allocate(text.Length);
            }
            else
            {
                text.Append(_format[_at]);
            }
        }

        bool isMapping = _values is DictValue or ListValue or RangeValue or UndefinedValue;
        return _used < _sequence.Count && !isMapping
            ? throw ChatTemplateException.Type("not all arguments converted during string formatting")
            : text.ToString();
    }

    private string Conversion()
    {
        Value? named = Peek() == '(' ? Named() : null;
        int flagsStart = _at;
        while (Peek() is '-' or '+' or ' ' or '#' or '0')
        {
            _at++;
        }

        ReadOnlySpan<char> flags = _format.AsSpan(flagsStart, _at - flagsStart);
        int width = Number();
        bool left = flags.Contains('-') || width < 0;
        width = RenderBudget.Allocate(Math.Abs((long)width));
        int? precision = null;
        if (Peek() == '.')
        {
            _at++;
            precision = RenderBudget.Allocate(Math.Max(0, Number()));
        }

        while (Peek() is 'h' or 'l' or 'L')
        {
            _at++;
        }

        char type = Peek();
        if (type == '%')
        {
            return "%";
        }

        Value value = named ?? Next();
        bool isNumber = type is not ('s' or 'r' or 'a' or 'c');
        string sign = flags.Contains('+') ? "+" : flags.Contains(' ') ? " " : "";
        string text = isNumber ? NumberText(type, value, precision, flags.Contains('#')) : Text(type, value, precision);
        text = isNumber && text[0] != '-' ? sign + text : text;
        int missing = width - new StrValue(text).CodePoints;
        if (missing <= 0)
        {
            return text;
        }

        if (isNumber && flags.Contains('0') && !left)
        {
            int signLength = text[0] is '-' or '+' or ' ' ? 1 : 0;
            return text[..signLength] + new string('0', missing) + text[signLength..];
        }

        return left ? text + new string(' ', missing) : new string(' ', missing) + text;
    }

    private char Peek() => _at < _format.Length ? _format[_at] : throw ChatTemplateException.Value("incomplete format");

    private Value Named()
    {
        int start = ++_at;
        for (int depth = 1; depth > 0; _at++)
        {
            depth += Peek() switch { '(' => 1, ')' => -1, _ => 0 };
        }

        string key = _format[start..(_at - 1)];
        _used = _sequence.Count;
        return _values is DictValue dict
            ? dict.Find(key) ?? throw ChatTemplateException.Value($"KeyError: {PythonText.Quote(key)}")
            : throw ChatTemplateException.Type("format requires a mapping");
    }

    private int Number()
    {
        if (Peek() == '*')
        {
            _at++;
            return Arguments.Clamped(Next(), 0);
        }

        BigInteger number = 0;
        for (; char.IsAsciiDigit(Peek()); _at++)
        {
            number = (number * 10) + (_format[_at] - '0');
            RenderBudget.Allocate(number);
        }

        return (int)number;
    }

    private Value Next() => _used < _sequence.Count
        ? _sequence[_used++]
        : throw ChatTemplateException.Type("not enough arguments for format string");

    private string Text(char type, Value value, int? precision)
    {
        if (type == 'c')
        {
            return Character(value);
        }

        string text = type switch
        {
            's' => value.Text,
            'r' => value.Repr(),
            _ => Ascii(value.Repr()),
        };
        if (precision is { } limit)
        {
            var whole = new StrValue(text);
            text = whole.Substring(0, Math.Min(limit, whole.CodePoints));
        }

        return _escape ? Html.Escape(new StrValue(text, value is StrValue { IsMarkup: true })) : text;
    }

    private static string Character(Value value) => value switch
    {
        StrValue { CodePoints: 1 } => value.Text,
        _ when Numbers.TryInteger(value, out BigInteger point) && point >= 0 && point < 0x110000 && point / 0x800 != 0x1B =>
            char.ConvertFromUtf32((int)point),
        _ => throw ChatTemplateException.Type("%c requires int or char"),
    };

    private static string NumberText(char type, Value value, int? precision, bool alternate)
    {
        if (value is UndefinedValue undefined)
        {
            throw undefined.Error();
        }

        if (!Numbers.IsNumber(value))
        {
            throw ChatTemplateException.Type(type is 'd' or 'i' or 'u'
                ? $"%{type} format: a real number is required, not {value.TypeName}"
                : $"%{type} format: a number is required, not {value.TypeName}");
        }

        return type switch
        {
            'd' or 'i' or 'u' => Digits(value, 10, "", precision),
            'x' => Digits(RequireInteger(type, value), 16, alternate ? "0x" : "", precision),
            'X' => Digits(RequireInteger(type, value), 16, alternate ? "0x" : "", precision).ToUpperInvariant(),
            'o' => Digits(RequireInteger(type, value), 8, alternate ? "0o" : "", precision),
            'f' or 'F' => FloatText.Fixed(Numbers.ToDouble(value), precision ?? 6),
            'e' => FloatText.Exponent(Numbers.ToDouble(value), precision ?? 6),
            'E' => FloatText.Exponent(Numbers.ToDouble(value), precision ?? 6).ToUpperInvariant(),
            'g' => FloatText.General(Numbers.ToDouble(value), precision ?? 6, alternate),
            'G' => FloatText.General(Numbers.ToDouble(value), precision ?? 6, alternate).ToUpperInvariant(),
            _ => throw ChatTemplateException.Value($"unsupported format character '{type}'"),
        };
    }

    private static Value RequireInteger(char type, Value value) => value is not FloatValue
        ? value
        : throw ChatTemplateException.Type($"%{type} format: an integer is required, not float");

    private static string Digits(Value value, int radix, string prefix, int? precision)
    {
        BigInteger number = value is FloatValue { Value: var real }
            ? double.IsFinite(real)
                ? new BigInteger(real)
                : throw ChatTemplateException.Value("cannot convert float infinity or nan to integer")
            : Numbers.TryInteger(value, out BigInteger whole) ? whole : default;
        string digits = radix == 10 ? IntValue.Digits(BigInteger.Abs(number)) : Numbers.ToRadix(BigInteger.Abs(number), radix);
        return (number.Sign < 0 ? "-" : "") + prefix + digits.PadLeft(precision ?? 0, '0');
    }
}
