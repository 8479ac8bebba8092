using Whorl.Tokenizers.Patterns;
using Whorl.Tokenizers.Unicode;

namespace Whorl.Tokenizers.PreTokenizers;

/// <summary>FixedLength: cuts after every so many code points.</summary>
internal sealed class FixedLengthSplit(int length) : SplittingPreTokenizer(SplitBehavior.Isolated)
{
    protected override void Find(ReadOnlySpan<char> text, List<MatchedRange> ranges)
    {
        int start = 0;
        int count = 0;
        for (int i = 0; i < text.Length;)
        {
            i += CodePoints.Units(CodePoints.At(text, i));
            if (++count == length || i == text.Length)
            {
                ranges.Add(new MatchedRange(start, i, false));
                (start, count) = (i, 0);
            }
        }
    }
}
