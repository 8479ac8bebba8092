namespace Whorl.Tokenizers.Text;

/// <summary>A text and the pieces into which it is cut on its way to the model.</summary>
internal sealed class PieceBuffer
{
    /// <summary>A text that is one piece, or none if it is empty.</summary>
    public PieceBuffer(AlignedText text)
    {
        Text = text;
        Add(0, text.Length, -1);
    }

    public AlignedText Text { get; set; }

    /// <summary>In the order of the text.</summary>
    public List<Piece> Pieces { get; set; } = [];

    /// <summary>Adds a piece; an empty one is dropped, as everywhere in the reference.</summary>
    public void Add(int start, int length, int token)
    {
        if (length > 0)
        {
            Pieces.Add(new Piece(start, length, token));
        }
    }

    public ReadOnlySpan<char> SpanOf(Piece piece) => Text.Span.Slice(piece.Start, piece.Length);

    /// <summary>The code point of the original at which a piece begins; without alignments its place in the text.</summary>
    public int OriginOf(Piece piece) => Text.IsAligned ? Text.StartOf(piece.Start) : piece.Start;
}
