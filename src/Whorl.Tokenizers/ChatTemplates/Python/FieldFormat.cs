using System.Text;

namespace Whorl.Tokenizers.ChatTemplates;

/// <summary>Python's <c>str.format</c> within the sandbox: fields such as <c>{0.name[key]!r:&gt;8}</c>.</summary>
internal sealed class FieldFormat(Arguments arguments, Func<string, Value?> find, bool escape)
{
    private const int MaxNesting = 2;
    private int _automatic;
    private bool? _isAutomatic;

    /// <summary>The text of <c>format(*args, **kwargs)</c>.</summary>
    public static StrValue Format(StrValue text, Arguments arguments) =>
        text.With(new FieldFormat(arguments, arguments.FindNamed, text.IsMarkup).Expand(text.Text, MaxNesting));

    /// <summary>The text of <c>format_map(mapping)</c>.</summary>
    public static StrValue FormatMap(StrValue text, Value mapping) =>
        text.With(new FieldFormat(Arguments.None, name => mapping.Item(new StrValue(name)), text.IsMarkup).Expand(text.Text, MaxNesting));

    private string Expand(string text, int nesting)
    {
        if (nesting == 0)
        {
            throw ChatTemplateException.Value("Max string recursion exceeded");
        }

        var expanded = new StringBuilder();
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] is '{' or '}' && i + 1 < text.Length && text[i + 1] == text[i])
            {
                expanded.Append(text[i++]);
            }
            else if (text[i] == '{')
            {
                int end = EndOfField(text, i + 1);
                expanded.Append(Field(text[(i + 1)..end], nesting));
                RenderBudget.Allocate(expanded.Length);
                i = end;
            }
            else if (text[i] == '}')
            {
                throw ChatTemplateException.Value("Single '}' encountered in format string");
            }
            else
            {
                expanded.Append(text[i]);
            }
        }

        return expanded.ToString();
    }

    private static int EndOfField(string text, int start)
    {
        int depth = 1;
        for (int i = start; i < text.Length; i++)
        {
            depth += text[i] switch { '{' => 1, '}' => -1, _ => 0 };
            if (depth == 0)
            {
                return i;
            }
        }

        throw ChatTemplateException.Value(start == text.Length
            ? "Single '{' encountered in format string"
            : "expected '}' before end of string");
    }

    private string Field(string field, int nesting)
    {
        int nameEnd = EndOfName(field);
        string rest = field[nameEnd..];
        Value value = Lookup(field[..nameEnd]);
        if (rest is ['!', ..])
        {
            char conversion = rest.Length > 1
                ? rest[1]
                : throw ChatTemplateException.Value("end of string while looking for conversion specifier");
            rest = rest[2..];
            if (rest.Length > 0 && rest[0] != ':')
            {
                throw ChatTemplateException.Value("expected ':' after conversion specifier");
            }

            value = conversion switch
            {
                's' => new StrValue(value.Text),
                'r' => new StrValue(value.Repr()),
                'a' => new StrValue(PercentFormat.Ascii(value.Repr())),
                _ => throw ChatTemplateException.Value($"Unknown conversion specifier {conversion}"),
            };
        }

        string specification = rest.Length > 0 ? Expand(rest[1..], nesting - 1) : "";
        string text = FormatSpec.Format(value, specification);
        return escape ? Html.Escape(new StrValue(text, value is StrValue { IsMarkup: true })) : text;
    }

    private static int EndOfName(string field)
    {
        bool bracketed = false;
        for (int i = 0; i < field.Length; i++)
        {
            bracketed = field[i] switch { '[' => true, ']' => false, _ => bracketed };
            if (!bracketed && field[i] is '!' or ':')
            {
                return i;
            }
        }

        return field.Length;
    }

    private Value Lookup(string name)
    {
        int end = name.AsSpan().IndexOfAny('.', '[') is >= 0 and int found ? found : name.Length;
        Value value = First(name[..end]);
        while (end < name.Length)
        {
            if (name[end] == '.')
            {
                int next = name.AsSpan(end + 1).IndexOfAny('.', '[') is >= 0 and int at ? end + 1 + at : name.Length;
                value = Attributes.OfAttribute(value, name[(end + 1)..next]);
                end = next;
                continue;
            }

            int close = name.IndexOf(']', end);
            if (name[end] != '[' || close < 0)
            {
                throw ChatTemplateException.Value("Missing ']' in format string");
            }

            string key = name[(end + 1)..close];
            value = Attributes.OfItem(value, PythonText.IsDigits(key) && Numbers.TryParseInteger(key, 10, out var index)
                ? IntValue.Of(index)
                : new StrValue(key));
            end = close + 1;
        }

        return value;
    }

    private Value First(string name)
    {
        if (name.Length > 0 && !PythonText.IsDigits(name))
        {
            return find(name) ?? throw ChatTemplateException.Value($"KeyError: {PythonText.Quote(name)}");
        }

        bool isAutomatic = name.Length == 0;
        if (_isAutomatic is { } before && before != isAutomatic)
        {
            throw ChatTemplateException.Value("cannot switch between manual field specification and automatic field numbering");
        }

        _isAutomatic = isAutomatic;
        int index = isAutomatic ? _automatic++ : int.TryParse(name, out int given) ? given : int.MaxValue;
        return index < arguments.Positional.Count
            ? arguments.Positional[index]
            : throw ChatTemplateException.Value($"Replacement index {index} out of range for positional args tuple");
    }
}
