using Whorl.Tokenizers.PreTokenizers;
using Whorl.Tokenizers.Text;

namespace Whorl.Tokenizers.Gguf;

/// <summary>Takes a piece of nothing but newlines as the token that it is, if it is one: GGUF files have no merges that lead to these.</summary>
internal sealed class NewlineTokens(Vocabulary vocabulary) : PreTokenizer
{
    public override void Apply(PieceBuffer buffer)
    {
        for (int i = 0; i < buffer.Pieces.Count; i++)
        {
            Piece piece = buffer.Pieces[i];
            ReadOnlySpan<char> text = buffer.SpanOf(piece);
            if (!piece.IsToken && !text.ContainsAnyExcept('\n') && vocabulary.IdOf(text) is >= 0 and int id)
            {
                buffer.Pieces[i] = new Piece(piece.Start, piece.Length, id);
            }
        }
    }
}
