using System.Globalization;
using System.Numerics;

namespace Whorl.Tokenizers.ChatTemplates;

/// <summary>Python's format specification: <c>[[fill]align][sign][#][0][width][grouping][.precision][type]</c>.</summary>
/// <remarks>Source: https://docs.python.org/3/library/string.html#formatspec</remarks>
internal sealed record FormatSpec(
    string Fill, char Align, char Sign, bool Alternate, int Width, char Grouping, int? Precision, char Type)
{
    /// <summary>Formats a value by a specification.</summary>
    public static string Format(Value value, string specification)
    {
        if (specification.Length == 0)
        {
            return value.Text;
        }

        FormatSpec spec = Parse(specification);
        return value switch
        {
            StrValue text => spec.FormatText(text),
            FloatValue real => spec.FormatFloat(real.Value),
            _ when Numbers.TryInteger(value, out BigInteger number) => spec.FormatInteger(number),
            UndefinedValue => spec.FormatText(StrValue.Empty),
            _ => throw ChatTemplateException.Type($"unsupported format string passed to {value.TypeName}.__format__"),
        };
    }

    private static FormatSpec Parse(string text)
    {
        int[] points = [.. PythonText.CodePoints(text)];
        int at = 0;
        string fill = " ";
        char align = '\0';
        if (points.Length > 1 && IsAlign(points[1]))
        {
            fill = char.ConvertFromUtf32(points[0]);
            align = (char)points[1];
            at = 2;
        }
        else if (points.Length > 0 && IsAlign(points[0]))
        {
            align = (char)points[at++];
        }

        char sign = Take(points, ref at, "+- ");
        bool alternate = Take(points, ref at, "#") != '\0';
        bool zeros = Take(points, ref at, "0") != '\0';
        int width = Number(points, ref at) ?? 0;
        char grouping = Take(points, ref at, ",_");
        int? precision = Take(points, ref at, ".") == '\0'
            ? null
            : Number(points, ref at) ?? throw ChatTemplateException.Value("Format specifier missing precision");
        char type = at < points.Length ? (char)points[at++] : '\0';
        if (at < points.Length)
        {
            throw ChatTemplateException.Value($"Invalid format specifier '{text}'");
        }

        bool pad = zeros && align == '\0';
        return new FormatSpec(pad ? "0" : fill, pad ? '=' : align, sign, alternate, width, grouping, precision, type);
    }

    private static bool IsAlign(int point) => point is '<' or '>' or '=' or '^';

    private static char Take(int[] points, ref int at, string choices) =>
        at < points.Length && points[at] < 0x10000 && choices.Contains((char)points[at], StringComparison.Ordinal)
            ? (char)points[at++]
            : '\0';

    private static int? Number(int[] points, ref int at)
    {
        BigInteger number = 0;
        int start = at;
        while (at < points.Length && points[at] is >= '0' and <= '9')
        {
            number = (number * 10) + (points[at++] - '0');
            RenderBudget.Allocate(number);
        }

        return at == start ? null : (int)number;
    }

    private string FormatText(StrValue text)
    {
        if (Type is not ('\0' or 's'))
        {
            throw UnknownCode("str");
        }

        if (Sign != '\0' || Align == '=')
        {
            throw ChatTemplateException.Value("a sign or '=' alignment is not allowed in a string format specifier");
        }

        string shown = Precision is { } precision ? text.Substring(0, Math.Min(precision, text.CodePoints)) : text.Text;
        return Pad("", shown, '<');
    }

    private string FormatInteger(BigInteger number)
    {
        if (Type is 'e' or 'E' or 'f' or 'F' or 'g' or 'G' or '%')
        {
            return FormatFloat(Numbers.ToDouble(number));
        }

        if (Precision is not null)
        {
            throw ChatTemplateException.Value("Precision not allowed in integer format specifier");
        }

        if (Type == 'c')
        {
            return Pad("", char.ConvertFromUtf32((int)BigInteger.Clamp(number, 0, 0xD7FF)), '<');
        }

        BigInteger size = BigInteger.Abs(number);
        (string digits, string prefix) = Type switch
        {
            '\0' or 'd' or 'n' => (IntValue.Digits(size), ""),
            'x' => (Numbers.ToRadix(size, 16), "0x"),
            'X' => (Numbers.ToRadix(size, 16).ToUpperInvariant(), "0X"),
            'o' => (Numbers.ToRadix(size, 8), "0o"),
            'b' => (Numbers.ToRadix(size, 2), "0b"),
            _ => throw UnknownCode("int"),
        };
        int group = Type is 'x' or 'X' or 'o' or 'b' ? 4 : 3;
        string sign = SignOf(number.Sign < 0) + (Alternate ? prefix : "");
        return Pad(sign, Grouped(digits, group, Width - sign.Length), '>');
    }

    private string FormatFloat(double number)
    {
        double size = Math.Abs(number);
        string digits = Type switch
        {
            'f' or 'F' => FloatText.Fixed(size, Precision ?? 6),
            'e' or 'E' => FloatText.Exponent(size, Precision ?? 6),
            'g' or 'G' or 'n' => FloatText.General(size, Precision ?? 6, Alternate),
            '%' => FloatText.Fixed(size * 100, Precision ?? 6) + "%",
            '\0' => Precision is { } precision
                ? WithPoint(FloatText.General(size, precision, false), size, precision)
                : FloatText.Repr(size),
            _ => throw UnknownCode("float"),
        };
        digits = Type is 'E' or 'F' or 'G' ? digits.ToUpperInvariant() : digits;
        string sign = SignOf(double.IsNegative(number));
        int whole = digits.AsSpan().IndexOfAnyExceptInRange('0', '9') is >= 0 and int end ? end : digits.Length;
        string grouped = Grouped(digits[..whole], 3, Width - sign.Length - (digits.Length - whole));
        return Pad(sign, grouped + digits[whole..], '>');
    }

    // Without a type, a precision works as with g, but at least one digit stays behind the point.
    private static string WithPoint(string text, double size, int precision)
    {
        if (!double.IsFinite(size) || text.Contains('e', StringComparison.Ordinal) || text.Contains('.', StringComparison.Ordinal))
        {
            return text;
        }

        return text.Length >= precision
            ? FloatText.Exponent(size, Math.Max(precision - 1, 0)).Replace(".e", "e", StringComparison.Ordinal)
            : text + ".0";
    }

    private string SignOf(bool negative) => negative ? "-" : Sign is '+' or ' ' ? Sign.ToString() : "";

    // Zeros that fill up to the width are grouped too.
    private string Grouped(string digits, int size, int width)
    {
        if (Grouping == '\0' || digits.Length == 0)
        {
            return digits;
        }

        var groups = new List<string>();
        bool fillZeros = Fill == "0" && Align == '=';
        int length = 0;
        for (int end = digits.Length; end > 0 || (fillZeros && length + 1 < width); end -= size)
        {
            string group = end > 0 ? digits[Math.Max(0, end - size)..end] : "";
            int wanted = fillZeros ? Math.Clamp(width - length - (groups.Count > 0 ? 1 : 0), 0, size) : 0;
            groups.Add(group.PadLeft(wanted, '0'));
            length += groups[^1].Length + (groups.Count > 1 ? 1 : 0);
        }

        groups.Reverse();
        return string.Join(Grouping, groups);
    }

    private string Pad(string sign, string text, char usual)
    {
        int length = sign.Length + new StrValue(text).CodePoints;
        int missing = RenderBudget.Allocate(Math.Max(0, Width - length));
        char align = Align == '\0' ? usual : Align;
        int before = align switch { '>' => missing, '^' => missing / 2, _ => 0 };
        return align == '='
            ? sign + Filling(missing) + text
            : Filling(before) + sign + text + Filling(missing - before);
    }

    private string Filling(int count) => string.Concat(Enumerable.Repeat(Fill, count));

    private ChatTemplateException UnknownCode(string type) => ChatTemplateException.Value(
        string.Create(CultureInfo.InvariantCulture, $"Unknown format code '{Type}' for object of type '{type}'"));
}
