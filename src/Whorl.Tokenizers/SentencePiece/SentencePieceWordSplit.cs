using Whorl.Tokenizers.Patterns;
using Whorl.Tokenizers.PreTokenizers;

namespace Whorl.Tokenizers.SentencePiece;

/// <summary>Cuts at U+2581, which begins a word, or ends it where white space is a suffix: sentencepiece's SplitIntoWords.</summary>
internal sealed class SentencePieceWordSplit(bool suffix) : SplittingPreTokenizer(SplitBehavior.Isolated)
{
    protected override void Find(ReadOnlySpan<char> text, List<MatchedRange> ranges)
    {
        int start = 0;
        for (int i = 0; i < text.Length; i++)
        {
            int cut = suffix ? i + 1 : i;
            if (text[i] == '\u2581' && cut > start)
            {
                ranges.Add(new MatchedRange(start, cut, false));
                start = cut;
            }
        }

        if (start < text.Length)
        {
            ranges.Add(new MatchedRange(start, text.Length, false));
        }
    }
}
