using Whorl.Tokenizers.PreTokenizers;
using Whorl.Tokenizers.Text;
using Whorl.Tokenizers.Unicode;

namespace Whorl.Tokenizers.SentencePiece;

/// <summary>
/// Cuts user-defined pieces out, leftmost and longest, so that no merge crosses them; with <c>single</c> all else by
/// characters.
/// </summary>
internal sealed class FrozenPieceSplit : PreTokenizer
{
    private readonly CharTrie _trie = new();
    private readonly bool _single;

    public FrozenPieceSplit(IEnumerable<(string Piece, int Id)> frozen, bool single)
    {
        _single = single;
        foreach ((string piece, int id) in frozen.Where(entry => entry.Piece.Length > 0))
        {
            _trie.Add(piece, id);
        }
    }

    public override void Apply(PieceBuffer buffer)
    {
        List<Piece> before = buffer.Pieces;
        buffer.Pieces = new List<Piece>(before.Count);
        foreach (Piece piece in before)
        {
            if (piece.IsToken)
            {
                buffer.Pieces.Add(piece);
            }
            else
            {
                Split(buffer, piece);
            }
        }
    }

    private void Split(PieceBuffer buffer, Piece piece)
    {
        ReadOnlySpan<char> text = buffer.SpanOf(piece);
        int done = 0;
        for (int at = 0; at < text.Length;)
        {
            (int id, int length) = _trie.Longest(text[at..]);
            if (id < 0)
            {
                at += CodePoints.Units(CodePoints.At(text, at));
                if (_single)
                {
                    buffer.Add(piece.Start + done, at - done, -1);
                    done = at;
                }

                continue;
            }

            buffer.Add(piece.Start + done, at - done, -1);
            buffer.Add(piece.Start + at, length, id);
            at += length;
            done = at;
        }

        buffer.Add(piece.Start + done, text.Length - done, -1);
    }
}
