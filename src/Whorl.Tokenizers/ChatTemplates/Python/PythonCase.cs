using System.Collections.Frozen;
using System.Globalization;
using System.Text;

namespace Whorl.Tokenizers.ChatTemplates;

/// <summary>Upper, lower and title case as Python has them: Unicode's full mappings, in which one character may become several.</summary>
/// <remarks>Source: Unicode's SpecialCasing.txt; .NET itself knows only the mappings of one character to one.</remarks>
internal static class PythonCase
{
    // Each entry: a character, then what it becomes in upper case.
    private const string UpperExpansions =
        "\u00DFSS;\u0149\u02BCN;\u01F0J\u030C;\u0390\u0399\u0308\u0301;\u03B0\u03A5\u0308\u0301;\u0587\u0535\u0552;"
        + "\u1E96H\u0331;\u1E97T\u0308;\u1E98W\u030A;\u1E99Y\u030A;\u1E9AA\u02BE;\u1F50\u03A5\u0313;"
        + "\u1F52\u03A5\u0313\u0300;\u1F54\u03A5\u0313\u0301;\u1F56\u03A5\u0313\u0342;\u1F80\u1F08\u0399;"
        + "\u1F81\u1F09\u0399;\u1F82\u1F0A\u0399;\u1F83\u1F0B\u0399;\u1F84\u1F0C\u0399;\u1F85\u1F0D\u0399;"
        + "\u1F86\u1F0E\u0399;\u1F87\u1F0F\u0399;\u1F88\u1F08\u0399;\u1F89\u1F09\u0399;\u1F8A\u1F0A\u0399;"
        + "\u1F8B\u1F0B\u0399;\u1F8C\u1F0C\u0399;\u1F8D\u1F0D\u0399;\u1F8E\u1F0E\u0399;\u1F8F\u1F0F\u0399;"
        + "\u1F90\u1F28\u0399;\u1F91\u1F29\u0399;\u1F92\u1F2A\u0399;\u1F93\u1F2B\u0399;\u1F94\u1F2C\u0399;"
        + "\u1F95\u1F2D\u0399;\u1F96\u1F2E\u0399;\u1F97\u1F2F\u0399;\u1F98\u1F28\u0399;\u1F99\u1F29\u0399;"
        + "\u1F9A\u1F2A\u0399;\u1F9B\u1F2B\u0399;\u1F9C\u1F2C\u0399;\u1F9D\u1F2D\u0399;\u1F9E\u1F2E\u0399;"
        + "\u1F9F\u1F2F\u0399;\u1FA0\u1F68\u0399;\u1FA1\u1F69\u0399;\u1FA2\u1F6A\u0399;\u1FA3\u1F6B\u0399;"
        + "\u1FA4\u1F6C\u0399;\u1FA5\u1F6D\u0399;\u1FA6\u1F6E\u0399;\u1FA7\u1F6F\u0399;\u1FA8\u1F68\u0399;"
        + "\u1FA9\u1F69\u0399;\u1FAA\u1F6A\u0399;\u1FAB\u1F6B\u0399;\u1FAC\u1F6C\u0399;\u1FAD\u1F6D\u0399;"
        + "\u1FAE\u1F6E\u0399;\u1FAF\u1F6F\u0399;\u1FB2\u1FBA\u0399;\u1FB3\u0391\u0399;\u1FB4\u0386\u0399;"
        + "\u1FB6\u0391\u0342;\u1FB7\u0391\u0342\u0399;\u1FBC\u0391\u0399;\u1FC2\u1FCA\u0399;\u1FC3\u0397\u0399;"
        + "\u1FC4\u0389\u0399;\u1FC6\u0397\u0342;\u1FC7\u0397\u0342\u0399;\u1FCC\u0397\u0399;\u1FD2\u0399\u0308\u0300;"
        + "\u1FD3\u0399\u0308\u0301;\u1FD6\u0399\u0342;\u1FD7\u0399\u0308\u0342;\u1FE2\u03A5\u0308\u0300;"
        + "\u1FE3\u03A5\u0308\u0301;\u1FE4\u03A1\u0313;\u1FE6\u03A5\u0342;\u1FE7\u03A5\u0308\u0342;\u1FF2\u1FFA\u0399;"
        + "\u1FF3\u03A9\u0399;\u1FF4\u038F\u0399;\u1FF6\u03A9\u0342;\u1FF7\u03A9\u0342\u0399;\u1FFC\u03A9\u0399;\uFB00FF;"
        + "\uFB01FI;\uFB02FL;\uFB03FFI;\uFB04FFL;\uFB05ST;\uFB06ST;\uFB13\u0544\u0546;\uFB14\u0544\u0535;"
        + "\uFB15\u0544\u053B;\uFB16\u054E\u0546;\uFB17\u0544\u053D;";

    private static readonly FrozenDictionary<char, string> Expanded =
        UpperExpansions.Split(';', StringSplitOptions.RemoveEmptyEntries).ToFrozenDictionary(entry => entry[0], entry => entry[1..]);

    public static string Upper(string text) => Map(text, (_, _, point) => UpperOf(point));

    public static string Lower(string text) => Map(text, LowerOf);

    /// <summary>Every run of letters with a capital first.</summary>
    public static string Title(string text)
    {
        bool within = false;
        return Map(text, (whole, at, point) =>
        {
            string mapped = within ? LowerOf(whole, at, point) : TitleOf(point);
            within = IsCased(point);
            return mapped;
        });
    }

    /// <summary>The first character in title case, all others in lower case.</summary>
    public static string Capitalize(string text) =>
        Map(text, (whole, at, point) => at == 0 ? TitleOf(point) : LowerOf(whole, at, point));

    public static string Swap(string text) => Map(text, (whole, at, point) =>
        IsUpper(point) ? LowerOf(whole, at, point) : IsLower(point) ? UpperOf(point) : Text(point));

    /// <summary>A form in which texts that differ only in case are equal.</summary>
    public static string Fold(string text) => Map(text, (_, _, point) => FoldOf(point));

    public static bool IsUpper(int point) => Category(point) == UnicodeCategory.UppercaseLetter
        || point is (>= 0x2160 and <= 0x216F) or (>= 0x24B6 and <= 0x24CF);

    public static bool IsLower(int point) => Category(point) == UnicodeCategory.LowercaseLetter
        || point is 0xAA or 0xBA or (>= 0x2B0 and <= 0x2B8) or (>= 0x2170 and <= 0x217F) or (>= 0x24D0 and <= 0x24E9);

    public static bool IsTitle(int point) => Category(point) == UnicodeCategory.TitlecaseLetter;

    public static bool IsCased(int point) => IsUpper(point) || IsLower(point) || IsTitle(point);

    private static UnicodeCategory Category(int point) => CharUnicodeInfo.GetUnicodeCategory(point);

    private static string Map(string text, Func<string, int, int, string> map)
    {
        RenderBudget.Step(text.Length / 4);
        var mapped = new StringBuilder(text.Length);
        int at = 0;
        foreach (int point in PythonText.CodePoints(text))
        {
            mapped.Append(map(text, at, point));
            at += point < 0x10000 ? 1 : 2;
        }

        return mapped.ToString();
    }

    private static string UpperOf(int point) =>
        point < 0x10000 && Expanded.TryGetValue((char)point, out string? upper) ? upper : Text(UpperPoint(point));

    private static string FoldOf(int point)
    {
        const int FinalSigma = 'ς';
        bool expands = point < 0x10000 && Expanded.ContainsKey((char)point);
        return point == FinalSigma ? "σ" : expands ? Lower(Expanded[(char)point]) : Text(LowerPoint(point));
    }

    private static string LowerOf(string text, int at, int point) => point switch
    {
        'İ' => "i\u0307",
        'Σ' => EndsWord(text, at) ? "ς" : "σ",
        _ => Text(LowerPoint(point)),
    };

    private static string TitleOf(int point)
    {
        const string Digraphs = "ǄǅǆǇǈǉǊǋǌǱǲǳ";
        const string Subscript = "\u0345";
        int digraph = point < 0x10000 ? Digraphs.IndexOf((char)point, StringComparison.Ordinal) : -1;
        if (digraph >= 0)
        {
            return Digraphs[(digraph / 3 * 3) + 1].ToString();
        }

        bool isGeorgian = point is >= 0x10D0 and <= 0x10FF;
        string upper = isGeorgian ? Text(point) : UpperOf(point);
        if (upper.Length == 1 || point >= 0x10000 || point == 'ŉ')
        {
            return upper;
        }

        int simple = UpperPoint(point);
        return simple != point ? Text(simple)
            : upper[^1] == 'Ι' ? upper[..^1] + Subscript
            : upper[0] + upper[1..].ToLowerInvariant();
    }

    // Whether a sigma is the last letter of a word of more than one.
    private static bool EndsWord(string text, int at)
    {
        int before = at - 1;
        while (before >= 0 && IsIgnorable(text[before]))
        {
            before--;
        }

        int after = at + 1;
        while (after < text.Length && IsIgnorable(text[after]))
        {
            after++;
        }

        return before >= 0 && IsCased(text[before]) && (after == text.Length || !IsCased(text[after]));
    }

    private static bool IsIgnorable(char character) => character is '\'' or '.' or ':' or '’' or '\u00AD'
        || Category(character) is UnicodeCategory.NonSpacingMark or UnicodeCategory.ModifierSymbol;

    private static int UpperPoint(int point) => Rune.TryCreate(point, out Rune rune) ? Rune.ToUpperInvariant(rune).Value : point;

    private static int LowerPoint(int point) => Rune.TryCreate(point, out Rune rune) ? Rune.ToLowerInvariant(rune).Value : point;

    private static string Text(int point) => point < 0x10000 ? ((char)point).ToString() : char.ConvertFromUtf32(point);
}
