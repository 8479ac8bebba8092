using Whorl.Tokenizers.Patterns;
using Whorl.Tokenizers.Text;

namespace Whorl.Tokenizers.PreTokenizers;

/// <summary>A pre-tokenizer that finds matches and treats them by a <see cref="SplitBehavior"/>.</summary>
internal abstract class SplittingPreTokenizer(SplitBehavior behavior) : PreTokenizer
{
    public override void Apply(PieceBuffer buffer)
    {
        List<Piece> before = buffer.Pieces;
        buffer.Pieces = new List<Piece>(before.Count * 2);
        var ranges = new List<MatchedRange>();
        foreach (Piece piece in before)
        {
            if (piece.IsToken)
            {
                buffer.Pieces.Add(piece);
                continue;
            }

            ranges.Clear();
            Find(buffer.SpanOf(piece), ranges);
            Emit(buffer, piece.Start, ranges);
        }
    }

    /// <summary>Adds the ranges of the text in order, those that match and those between.</summary>
    protected abstract void Find(ReadOnlySpan<char> text, List<MatchedRange> ranges);

    private void Emit(PieceBuffer buffer, int offset, List<MatchedRange> ranges)
    {
        switch (behavior)
        {
            case SplitBehavior.Isolated:
                foreach (MatchedRange range in ranges)
                {
                    buffer.Add(offset + range.Start, range.End - range.Start, -1);
                }

                break;
            case SplitBehavior.Removed:
                foreach (MatchedRange range in ranges)
                {
                    if (!range.IsMatch)
                    {
                        buffer.Add(offset + range.Start, range.End - range.Start, -1);
                    }
                }

                break;
            default:
                EmitMerged(buffer, offset, ranges);
                break;
        }
    }

    private void EmitMerged(PieceBuffer buffer, int offset, List<MatchedRange> ranges)
    {
        // A piece ends before range i where it does not merge with range i - 1; the rules are those of NormalizedString::split.
        int start = ranges[0].Start;
        for (int i = 1; i <= ranges.Count; i++)
        {
            if (i == ranges.Count || !Joins(ranges[i - 1].IsMatch, ranges[i].IsMatch))
            {
                buffer.Add(offset + start, ranges[i - 1].End - start, -1);
                start = ranges[i - 1].End;
            }
        }
    }

    private bool Joins(bool left, bool right) => behavior switch
    {
        SplitBehavior.MergedWithPrevious => right && !left,
        SplitBehavior.MergedWithNext => left && !right,
        _ => left == right,
    };
}
