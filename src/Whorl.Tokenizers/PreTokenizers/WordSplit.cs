using Whorl.Tokenizers.Patterns;
using Whorl.Tokenizers.Unicode;

namespace Whorl.Tokenizers.PreTokenizers;

/// <summary>
/// Whitespace: runs of word characters and runs of what is neither word nor white space; <c>\w+|[^\w\s]+</c> of Rust's
/// regex.
/// </summary>
internal sealed class WordSplit() : SplittingPreTokenizer(SplitBehavior.Removed)
{
    protected override void Find(ReadOnlySpan<char> text, List<MatchedRange> ranges)
    {
        int start = 0;
        int kind = -1;
        for (int i = 0; i < text.Length;)
        {
            int c = CodePoints.At(text, i);
            int next = CodePoints.Word.Contains(c) ? 1 : CodePoints.WhiteSpace.Contains(c) ? 0 : 2;
            if (next != kind && i > 0)
            {
                ranges.Add(new MatchedRange(start, i, kind == 0));
                start = i;
            }

            kind = next;
            i += CodePoints.Units(c);
        }

        ranges.Add(new MatchedRange(start, text.Length, kind == 0));
    }
}
