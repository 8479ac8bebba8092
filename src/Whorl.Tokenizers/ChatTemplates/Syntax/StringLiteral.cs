using System.Globalization;
using System.Text;

namespace Whorl.Tokenizers.ChatTemplates;

/// <summary>The escapes of string literals: Python's unicode-escape.</summary>
internal static class StringLiteral
{
    /// <summary>The value of a literal's text between its quotes.</summary>
    public static string Unescape(string text, int line)
    {
        if (!text.Contains('\\', StringComparison.Ordinal))
        {
            return text;
        }

        var value = new StringBuilder(text.Length);
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] != '\\')
            {
                value.Append(text[i]);
                continue;
            }

            i = AppendEscape(value, text, i + 1, line);
        }

        return value.ToString();
    }

    // Returns the index of the escape's last character.
    private static int AppendEscape(StringBuilder value, string text, int at, int line)
    {
        char code = text[at];
        switch (code)
        {
            case '\n':
                return at;
            case '\\' or '\'' or '"':
                value.Append(code);
                return at;
            case 'a' or 'b' or 'f' or 'n' or 'r' or 't' or 'v':
                value.Append("\a\b\f\n\r\t\v"["abfnrtv".IndexOf(code, StringComparison.Ordinal)]);
                return at;
            case >= '0' and <= '7':
                return AppendOctal(value, text, at);
            case 'x':
                return AppendHex(value, text, at, 2, line);
            case 'u':
                return AppendHex(value, text, at, 4, line);
            case 'U':
                return AppendHex(value, text, at, 8, line);
            case 'N':
                throw ChatTemplateException.Syntax("characters by name (\\N{...}) are not supported in string literals", line);
            case > '\x7F':
                // Jinja escapes characters beyond ASCII before it unescapes, so the backslash here meets an escape's own.
                value.Append(PercentFormat.Ascii(Character(text, at)));
                return at + Character(text, at).Length - 1;
            default:
                value.Append('\\').Append(code);
                return at;
        }
    }

    private static string Character(string text, int at) => char.IsSurrogatePair(text, at) ? text.Substring(at, 2) : text[at].ToString();

    private static int AppendOctal(StringBuilder value, string text, int at)
    {
        int number = 0;
        int end = at;
        while (end < text.Length && end < at + 3 && text[end] is >= '0' and <= '7')
        {
            number = (number * 8) + (text[end++] - '0');
        }

        value.Append((char)number);
        return end - 1;
    }

    private static int AppendHex(StringBuilder value, string text, int at, int digits, int line)
    {
        int end = at + 1 + digits;
        const NumberStyles Hex = NumberStyles.AllowHexSpecifier;
        if (end > text.Length || !uint.TryParse(text.AsSpan(at + 1, digits), Hex, CultureInfo.InvariantCulture, out uint point))
        {
            throw ChatTemplateException.Syntax($"truncated \\{text[at]} escape", line);
        }

        if (point > 0x10FFFF)
        {
            throw ChatTemplateException.Syntax("illegal Unicode character", line);
        }

        _ = point < 0x10000 ? value.Append((char)point) : value.Append(char.ConvertFromUtf32((int)point));
        return end - 1;
    }
}
