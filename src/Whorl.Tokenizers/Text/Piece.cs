namespace Whorl.Tokenizers.Text;

/// <summary>A part of a text in UTF-16 units, and the id of the added token it is, or -1 for text that the model is to encode.</summary>
internal readonly record struct Piece(int Start, int Length, int Token)
{
    public bool IsToken => Token >= 0;

    public int End => Start + Length;
}
