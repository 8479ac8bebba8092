using System.Globalization;
using System.Text;

namespace Whorl.Tokenizers.ChatTemplates;

/// <summary>What Python knows about text: white space, lines, quoting, character classes.</summary>
internal static class PythonText
{
    /// <summary>Where each code point starts, in UTF-16 units, and the end; null where every code point is one unit.</summary>
    public static int[]? CodePointOffsets(string text)
    {
        if (!text.AsSpan().ContainsAnyInRange('\uD800', '\uDFFF'))
        {
            return null;
        }

        var offsets = new List<int>(text.Length);
        for (int i = 0; i < text.Length; i += Width(text, i))
        {
            offsets.Add(i);
        }

        offsets.Add(text.Length);
        return [.. offsets];
    }

    /// <summary>The code points; a lone surrogate is one of its own.</summary>
    public static IEnumerable<int> CodePoints(string text)
    {
        for (int i = 0; i < text.Length; i += Width(text, i))
        {
            yield return Width(text, i) == 2 ? char.ConvertToUtf32(text, i) : text[i];
        }
    }

    /// <summary>The order of two strings by code points.</summary>
    public static int Compare(string left, string right)
    {
        int same = left.AsSpan().CommonPrefixLength(right);
        if (same == left.Length || same == right.Length)
        {
            return left.Length.CompareTo(right.Length);
        }

        // UTF-16 puts surrogates before U+E000 to U+FFFF; as code points they come after.
        (char a, char b) = (left[same], right[same]);
        bool mixed = char.IsSurrogate(a) != char.IsSurrogate(b);
        return mixed ? (char.IsSurrogate(a) ? 1 : -1) : a.CompareTo(b);
    }

    /// <summary>Whether a character is white space to Python: Unicode's, and the four separators of ASCII.</summary>
    public static bool IsSpace(char character) => char.IsWhiteSpace(character) || character is >= '\x1C' and <= '\x1F';

    public static string Strip(string text) => StripStart(StripEnd(text));

    public static string StripStart(string text)
    {
        int start = 0;
        while (start < text.Length && IsSpace(text[start]))
        {
            start++;
        }

        return text[start..];
    }

    public static string StripEnd(string text)
    {
        int end = text.Length;
        while (end > 0 && IsSpace(text[end - 1]))
        {
            end--;
        }

        return text[..end];
    }

    /// <summary>The words between white space, at most <paramref name="maxSplits"/> + 1 of them; the last then is the whole rest.</summary>
    public static List<string> SplitOnSpace(string text, int maxSplits)
    {
        var words = new List<string>();
        string rest = StripStart(text);
        while (rest.Length > 0)
        {
            int end = maxSplits >= 0 && words.Count >= maxSplits ? -1 : IndexOfSpace(rest);
            if (end < 0)
            {
                words.Add(rest);
                break;
            }

            words.Add(rest[..end]);
            rest = StripStart(rest[end..]);
        }

        return words;
    }

    /// <summary>The same from the end: the first word then is the whole rest.</summary>
    public static List<string> SplitOnSpaceFromEnd(string text, int maxSplits)
    {
        var words = new List<string>();
        string rest = StripEnd(text);
        while (rest.Length > 0)
        {
            int start = maxSplits >= 0 && words.Count >= maxSplits ? 0 : rest.Length;
            while (start > 0 && !IsSpace(rest[start - 1]))
            {
                start--;
            }

            if (start == 0)
            {
                words.Add(rest);
                break;
            }

            words.Add(rest[start..]);
            rest = StripEnd(rest[..start]);
        }

        words.Reverse();
        return words;
    }

    /// <summary>The lines, without their ends unless asked for; an end at the very end makes no further line.</summary>
    public static List<string> SplitLines(string text, bool keepEnds = false)
    {
        var lines = new List<string>();
        int start = 0;
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] is not ('\n' or '\r' or '\v' or '\f' or '\x1C' or '\x1D' or '\x1E' or '\x85' or '\u2028' or '\u2029'))
            {
                continue;
            }

            int end = i;
            i += text[i] == '\r' && i + 1 < text.Length && text[i + 1] == '\n' ? 1 : 0;
            lines.Add(text[start..(keepEnds ? i + 1 : end)]);
            start = i + 1;
        }

        if (start < text.Length)
        {
            lines.Add(text[start..]);
        }

        return lines;
    }

    /// <summary>Python's <c>repr</c> of a string: in single quotes, unless it holds such and no double ones.</summary>
    public static string Quote(string text)
    {
        RenderBudget.Step(text.Length / 8);
        bool useDouble = text.Contains('\'', StringComparison.Ordinal) && !text.Contains('"', StringComparison.Ordinal);
        char quote = useDouble ? '"' : '\'';
        var quoted = new StringBuilder().Append(quote);
        foreach (int point in CodePoints(text))
        {
            _ = point switch
            {
                '\n' => quoted.Append("\\n"),
                '\r' => quoted.Append("\\r"),
                '\t' => quoted.Append("\\t"),
                '\\' => quoted.Append("\\\\"),
                _ when point == quote => quoted.Append('\\').Append(quote),
                _ when IsPrintable(point) => AppendPoint(quoted, point),
                < 0x100 => quoted.Append(CultureInfo.InvariantCulture, $"\\x{point:x2}"),
                < 0x10000 => quoted.Append(CultureInfo.InvariantCulture, $"\\u{point:x4}"),
                _ => quoted.Append(CultureInfo.InvariantCulture, $"\\U{point:x8}"),
            };
        }

        return quoted.Append(quote).ToString();
    }

    /// <summary>Whether <c>repr</c> shows a character as it is.</summary>
    public static bool IsPrintable(int point) => point == ' ' || CharUnicodeInfo.GetUnicodeCategory(point) is not (
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse
        or UnicodeCategory.OtherNotAssigned or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
        or UnicodeCategory.SpaceSeparator);

    public static bool IsLetter(int point) => CharUnicodeInfo.GetUnicodeCategory(point) <= UnicodeCategory.OtherLetter;

    public static bool IsDecimal(int point) => CharUnicodeInfo.GetUnicodeCategory(point) == UnicodeCategory.DecimalDigitNumber;

    public static bool IsDigit(int point) => IsDecimal(point) || CharUnicodeInfo.GetDigitValue(char.ConvertFromUtf32(Valid(point)), 0) >= 0;

    public static bool IsNumeric(int point) =>
        IsDigit(point) || CharUnicodeInfo.GetNumericValue(char.ConvertFromUtf32(Valid(point)), 0) >= 0;

    public static bool IsAlphanumeric(int point) => IsLetter(point) || IsNumeric(point);

    /// <summary>Whether all of a text, and at least one character, are digits.</summary>
    public static bool IsDigits(string text) => text.Length > 0 && CodePoints(text).All(IsDigit);

    /// <summary>Whether a text could be a variable's name.</summary>
    public static bool IsIdentifier(string text)
    {
        bool first = true;
        foreach (int point in CodePoints(text))
        {
            UnicodeCategory category = CharUnicodeInfo.GetUnicodeCategory(point);
            bool starts = point == '_' || category is <= UnicodeCategory.OtherLetter or UnicodeCategory.LetterNumber;
            bool continues = category is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark
                or UnicodeCategory.DecimalDigitNumber or UnicodeCategory.ConnectorPunctuation;
            if (!starts && (first || !continues))
            {
                return false;
            }

            first = false;
        }

        return !first;
    }

    private static int IndexOfSpace(string text)
    {
        for (int i = 0; i < text.Length; i++)
        {
            if (IsSpace(text[i]))
            {
                return i;
            }
        }

        return -1;
    }

    private static int Width(string text, int at) =>
        char.IsHighSurrogate(text[at]) && at + 1 < text.Length && char.IsLowSurrogate(text[at + 1]) ? 2 : 1;

    private static int Valid(int point) => point is >= 0xD800 and <= 0xDFFF ? 0xFFFD : point;

    private static StringBuilder AppendPoint(StringBuilder text, int point) =>
        point < 0x10000 ? text.Append((char)point) : text.Append(char.ConvertFromUtf32(point));
}
