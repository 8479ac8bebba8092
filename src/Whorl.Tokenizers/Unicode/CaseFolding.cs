using System.Text;

namespace Whorl.Tokenizers.Unicode;

/// <summary>Simple case folding for <c>(?i)</c>: which code points match each other when case does not count.</summary>
/// <remarks>Foldings to several characters (ß and ss) are left out; no tokenizer's pattern needs them.</remarks>
internal static class CaseFolding
{
    // What folds together beyond one upper and one lower case letter: CaseFolding.txt of Unicode 16, status C and S.
    private static readonly string[] LargerClasses =
    [
        "kK\u212A", "sS\u017F", "åÅ\u212B", "ωΩ\u2126", "μΜ\u00B5", "βΒϐ", "εΕϵ", "θΘϑϴ", "ιΙ\u0345\u1FBE", "κΚϰ", "πΠϖ",
        "ρΡϱ", "σΣς", "φΦϕ",
        "ṡṠẛ", "ßẞ", "вВᲀ", "дДᲁ", "оОᲂ", "сСᲃ", "тТᲄᲅ", "ъЪᲆ", "ѣѢᲇ", "ꙋꙊᲈ", "ǆǅǄ", "ǉǈǇ", "ǌǋǊ", "ǳǲǱ",
    ];

    /// <summary>The set that holds a code point where <paramref name="set"/> holds one that equals it but for case.</summary>
    public static CodePointSet Close(CodePointSet set) => new(c => AnyEquivalent(set, c));

    private static bool AnyEquivalent(CodePointSet set, int c)
    {
        if (set.Contains(c))
        {
            return true;
        }

        if (!Rune.IsValid(c))
        {
            return false;
        }

        var rune = new Rune(c);
        if (set.Contains(Rune.ToLowerInvariant(rune).Value) || set.Contains(Rune.ToUpperInvariant(rune).Value))
        {
            return true;
        }

        if (c > 0xFFFF)
        {
            return false;
        }

        foreach (string larger in LargerClasses)
        {
            if (larger.Contains((char)c))
            {
                foreach (char other in larger)
                {
                    if (set.Contains(other))
                    {
                        return true;
                    }
                }
            }
        }

        return false;
    }
}
