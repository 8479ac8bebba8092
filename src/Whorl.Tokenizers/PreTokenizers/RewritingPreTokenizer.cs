using Whorl.Tokenizers.Text;

namespace Whorl.Tokenizers.PreTokenizers;

/// <summary>A pre-tokenizer that writes every piece anew; added tokens are carried over as they are.</summary>
internal abstract class RewritingPreTokenizer : PreTokenizer
{
    public override bool Rewrites => true;

    public override void Apply(PieceBuffer buffer)
    {
        AlignedText source = buffer.Text;
        var target = new AlignedText(source.Length + source.Length / 8, source.IsAligned, source.Origin);
        var pieces = new List<Piece>(buffer.Pieces.Count);
        foreach (Piece piece in buffer.Pieces)
        {
            int start = target.Length;
            if (piece.IsToken)
            {
                target.Append(source, piece.Start, piece.End);
            }
            else
            {
                Rewrite(buffer, piece, target);
            }

            pieces.Add(new Piece(start, target.Length - start, piece.Token));
        }

        buffer.Text = target;
        buffer.Pieces = pieces;
    }

    /// <summary>Adds the piece, rewritten, to the target.</summary>
    protected abstract void Rewrite(PieceBuffer buffer, Piece piece, AlignedText target);
}
