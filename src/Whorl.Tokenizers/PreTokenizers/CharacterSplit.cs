using Whorl.Tokenizers.Patterns;
using Whorl.Tokenizers.Unicode;

namespace Whorl.Tokenizers.PreTokenizers;

/// <summary>Cuts at each code point of a set: Digits, Punctuation, WhitespaceSplit, CharDelimiterSplit, BertPreTokenizer.</summary>
internal sealed class CharacterSplit(CodePointSet set, SplitBehavior behavior) : SplittingPreTokenizer(behavior)
{
    protected override void Find(ReadOnlySpan<char> text, List<MatchedRange> ranges)
    {
        int done = 0;
        for (int i = 0; i < text.Length;)
        {
            int c = CodePoints.At(text, i);
            int next = i + CodePoints.Units(c);
            if (set.Contains(c))
            {
                if (done < i)
                {
                    ranges.Add(new MatchedRange(done, i, false));
                }

                ranges.Add(new MatchedRange(i, next, true));
                done = next;
            }

            i = next;
        }

        if (done < text.Length)
        {
            ranges.Add(new MatchedRange(done, text.Length, false));
        }
    }
}
