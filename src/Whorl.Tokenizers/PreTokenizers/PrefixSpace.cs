using Whorl.Tokenizers.Text;

namespace Whorl.Tokenizers.PreTokenizers;

/// <summary>The part of ByteLevel that puts a space before every piece that has none.</summary>
internal sealed class PrefixSpace : RewritingPreTokenizer
{
    protected override void Rewrite(PieceBuffer buffer, Piece piece, AlignedText target)
    {
        if (buffer.Text.Span[piece.Start] != ' ')
        {
            target.Append(' ', buffer.Text, piece.Start);
        }

        target.Append(buffer.Text, piece.Start, piece.End);
    }
}
