using System.Globalization;

namespace Whorl.Tokenizers.Unicode;

/// <summary>
/// The properties that a pattern names as <c>\p{…}</c> or <c>[:…:]</c>, as Oniguruma 6.9 with Unicode 16 understands them.
/// </summary>
internal static class UnicodeProperties
{
    private static readonly string[] CategoryCodes =
    [
        "lu", "ll", "lt", "lm", "lo", "mn", "mc", "me", "nd", "nl", "no", "zs", "zl", "zp", "cc", "cf", "cs", "co", "pc", "pd", "ps",
        "pe", "pi", "pf", "po", "sm", "sc", "sk", "so", "cn",
    ];

    private static readonly Dictionary<string, string> LongNames = new()
    {
        ["letter"] = "l",
        ["uppercaseletter"] = "lu",
        ["lowercaseletter"] = "ll",
        ["titlecaseletter"] = "lt",
        ["modifierletter"] = "lm",
        ["otherletter"] = "lo",
        ["mark"] = "m",
        ["combiningmark"] = "m",
        ["nonspacingmark"] = "mn",
        ["spacingmark"] = "mc",
        ["enclosingmark"] = "me",
        ["number"] = "n",
        ["decimalnumber"] = "nd",
        ["letternumber"] = "nl",
        ["othernumber"] = "no",
        ["punctuation"] = "p",
        ["connectorpunctuation"] = "pc",
        ["dashpunctuation"] = "pd",
        ["openpunctuation"] = "ps",
        ["closepunctuation"] = "pe",
        ["initialpunctuation"] = "pi",
        ["finalpunctuation"] = "pf",
        ["otherpunctuation"] = "po",
        ["symbol"] = "s",
        ["mathsymbol"] = "sm",
        ["currencysymbol"] = "sc",
        ["modifiersymbol"] = "sk",
        ["othersymbol"] = "so",
        ["separator"] = "z",
        ["spaceseparator"] = "zs",
        ["lineseparator"] = "zl",
        ["paragraphseparator"] = "zp",
        ["other"] = "c",
        ["control"] = "cc",
        ["format"] = "cf",
        ["surrogate"] = "cs",
        ["privateuse"] = "co",
        ["unassigned"] = "cn",
    };

    private static readonly Dictionary<string, string> ScriptCodes = new()
    {
        ["arab"] = "arabic",
        ["armn"] = "armenian",
        ["beng"] = "bengali",
        ["bopo"] = "bopomofo",
        ["cyrl"] = "cyrillic",
        ["deva"] = "devanagari",
        ["ethi"] = "ethiopic",
        ["geor"] = "georgian",
        ["grek"] = "greek",
        ["gujr"] = "gujarati",
        ["guru"] = "gurmukhi",
        ["hang"] = "hangul",
        ["hani"] = "han",
        ["hebr"] = "hebrew",
        ["hira"] = "hiragana",
        ["kana"] = "katakana",
        ["khmr"] = "khmer",
        ["knda"] = "kannada",
        ["laoo"] = "lao",
        ["latn"] = "latin",
        ["mlym"] = "malayalam",
        ["mong"] = "mongolian",
        ["mymr"] = "myanmar",
        ["orya"] = "oriya",
        ["sinh"] = "sinhala",
        ["taml"] = "tamil",
        ["telu"] = "telugu",
        ["thaa"] = "thaana",
        ["tibt"] = "tibetan",
        ["zyyy"] = "common",
        ["zinh"] = "inherited",
    };

    private static readonly Dictionary<string, CodePointSet> Known = [];
    private static readonly Lazy<CodePointSet> PunctuationAndSymbols = new(() => Categories("p", "s"));
    private static readonly Lazy<CodePointSet> BracketedWord = new(() =>
        UnicodeTables.Instance.Set("word").Intersect(new CodePointSet(c => c is not (0xB2 or 0xB3 or 0xB9 or 0xBC or 0xBD or 0xBE))));

    /// <summary>The set of a property by its name, in which case, spaces, '_' and '-' do not count; null where it is not known.</summary>
    public static CodePointSet? Find(string name)
    {
        string key = string.Concat(name.Where(c => c is not (' ' or '_' or '-'))).ToLowerInvariant();
        lock (Known)
        {
            if (!Known.TryGetValue(key, out CodePointSet? set))
            {
                set = Make(key);
                if (set is not null)
                {
                    Known.Add(key, set);
                }
            }

            return set;
        }
    }

    /// <summary>
    /// The set that a POSIX bracket names, or null. It differs from the property of that name in two: <c>[:punct:]</c> has all symbols, and
    /// <c>[:word:]</c>, like <c>\w</c> in brackets, lacks six numbers of Latin-1 that <c>\w</c> elsewhere has.
    /// </summary>
    public static CodePointSet? FindBracket(string name) => name switch
    {
        "punct" => PunctuationAndSymbols.Value,
        "word" => BracketedWord.Value,
        _ => Find(name),
    };

    private static CodePointSet? Make(string key)
    {
        UnicodeTables tables = UnicodeTables.Instance;
        key = LongNames.GetValueOrDefault(key, key);
        return key switch
        {
            "any" => new CodePointSet(_ => true),
            "assigned" => new CodePointSet(c => CharUnicodeInfo.GetUnicodeCategory(c) != UnicodeCategory.OtherNotAssigned),
            "ascii" => CodePointSet.OfRange(0, 0x7F),
            "alpha" or "alphabetic" => tables.Set("property=alphabetic"),
            "upper" or "uppercase" => tables.Set("property=uppercase"),
            "lower" or "lowercase" => tables.Set("property=lowercase"),
            "alnum" => CodePointSet.Union([tables.Set("property=alphabetic"), Categories("nd")]),
            "digit" => Categories("nd"),
            "xdigit" => new CodePointSet(c => c < 0x80 && char.IsAsciiHexDigit((char)c)),
            "space" or "whitespace" => CodePoints.WhiteSpace,
            "blank" => CodePointSet.Union([Categories("zs"), CodePointSet.Single('\t')]),
            "cntrl" => Categories("cc"),
            "word" => tables.Set("word"),
            "punct" => Categories("p"),
            "graph" => new CodePointSet(c => !CodePoints.WhiteSpace.Contains(c) && Visible(c)),
            "print" => new CodePointSet(c => Visible(c) && c is not (0x2028 or 0x2029)),
            "lc" => Categories("lu", "ll", "lt"),
            _ => Category(key) ?? tables.FindSet("script=" + ScriptCodes.GetValueOrDefault(key, key)),
        };
    }

    private static bool Visible(int c) =>
        CharUnicodeInfo.GetUnicodeCategory(c)
            is not (UnicodeCategory.Control or UnicodeCategory.OtherNotAssigned or UnicodeCategory.Surrogate);

    private static CodePointSet? Category(string key) =>
        CategoryCodes.Any(code => code == key || (key.Length == 1 && code[0] == key[0])) ? Categories(key) : null;

    private static CodePointSet Categories(params string[] keys)
    {
        uint mask = 0;
        for (int i = 0; i < CategoryCodes.Length; i++)
        {
            if (keys.Any(key => CategoryCodes[i].StartsWith(key, StringComparison.Ordinal)))
            {
                mask |= 1U << i;
            }
        }

        return CodePoints.OfCategories(mask);
    }
}
