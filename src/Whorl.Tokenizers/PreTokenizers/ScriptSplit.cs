using Whorl.Tokenizers.Patterns;
using Whorl.Tokenizers.Unicode;

namespace Whorl.Tokenizers.PreTokenizers;

/// <summary>
/// UnicodeScripts: cuts where the script changes. Kana count as Han; a space and what has no script join what is before
/// them.
/// </summary>
/// <remarks>As in the reference, such characters at the very beginning are dropped.</remarks>
internal sealed class ScriptSplit() : SplittingPreTokenizer(SplitBehavior.Removed)
{
    private const int AnyScript = -1;
    private static readonly Lazy<(CodePointSet[] Sets, int Han)> Scripts = new(LoadScripts);

    protected override void Find(ReadOnlySpan<char> text, List<MatchedRange> ranges)
    {
        int last = AnyScript;
        int start = 0;
        bool begun = false;
        for (int i = 0; i < text.Length;)
        {
            int c = CodePoints.At(text, i);
            int script = ScriptOf(c);
            if (script != AnyScript && (!begun || script != last))
            {
                if (i > start)
                {
                    ranges.Add(new MatchedRange(start, i, !begun));
                }

                start = i;
                begun = true;
            }

            last = script == AnyScript ? last : script;
            i += CodePoints.Units(c);
        }

        ranges.Add(new MatchedRange(start, text.Length, !begun));
    }

    private static int ScriptOf(int c)
    {
        (CodePointSet[] sets, int han) = Scripts.Value;
        if (c is ' ' or 0x30FC)
        {
            return c == ' ' ? AnyScript : han;
        }

        return Array.FindIndex(sets, set => set.Contains(c));
    }

    private static (CodePointSet[] Sets, int Han) LoadScripts()
    {
        var byName = UnicodeTables.Instance.SetsUnder("pre-tokenizer-script=").ToDictionary();
        byName["Han"] = CodePointSet.Union([byName["Han"], byName["Hiragana"], byName["Katakana"]]);
        byName.Remove("Hiragana");
        byName.Remove("Katakana");
        string[] names = [.. byName.Keys.OrderBy(name => name is "Common" or "Latin" ? 0 : 1)]; // the frequent ones first
        return ([.. names.Select(name => byName[name])], Array.IndexOf(names, "Han"));
    }
}
