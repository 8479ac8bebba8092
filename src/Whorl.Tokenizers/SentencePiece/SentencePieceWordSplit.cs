using Whorl.Tokenizers.Patterns;
using Whorl.Tokenizers.PreTokenizers;

namespace Whorl.Tokenizers.SentencePiece;

/// <summary>Cuts before U+2581: sentencepiece's SplitIntoWords, as its word model calls it, white space as a suffix or not.</summary>
internal sealed class SentencePieceWordSplit() : SplittingPreTokenizer(SplitBehavior.Isolated)
{
    protected override void Find(ReadOnlySpan<char> text, List<MatchedRange> ranges)
    {
        int start = 0;
        for (int i = 1; i < text.Length; i++)
        {
            if (text[i] == '\u2581')
            {
                ranges.Add(new MatchedRange(start, i, false));
                start = i;
            }
        }

        if (start < text.Length)
        {
            ranges.Add(new MatchedRange(start, text.Length, false));
        }
    }
}
