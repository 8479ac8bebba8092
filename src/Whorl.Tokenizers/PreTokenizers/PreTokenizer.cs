using Whorl.Tokenizers.Text;

namespace Whorl.Tokenizers.PreTokenizers;

/// <summary>Cuts pieces of text into smaller ones, or rewrites them, before the model encodes each.</summary>
internal abstract class PreTokenizer
{
    /// <summary>
    /// Whether it asks where a piece stands in the original, so that alignments are needed wherever the text was rewritten.
    /// </summary>
    public virtual bool AsksForOrigin => false;

    /// <summary>Whether it rewrites the text, so that a later one no longer sees the original's positions.</summary>
    public virtual bool Rewrites => false;

    /// <summary>Works on every piece that is not an added token.</summary>
    public abstract void Apply(PieceBuffer buffer);
}
