using Whorl.Tokenizers.Text;

namespace Whorl.Tokenizers.PreTokenizers;

/// <summary>The part of ByteLevel that turns bytes into characters of <see cref="ByteAlphabet"/>.</summary>
internal sealed class ByteMapping : RewritingPreTokenizer
{
    protected override void Rewrite(PieceBuffer buffer, Piece piece, AlignedText target) =>
        ByteAlphabet.Append(target, buffer.Text, piece.Start, piece.End);
}
