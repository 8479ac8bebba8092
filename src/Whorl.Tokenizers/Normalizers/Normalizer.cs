using Whorl.Tokenizers.Text;

namespace Whorl.Tokenizers.Normalizers;

/// <summary>Rewrites a piece of text before it is cut and encoded.</summary>
internal abstract class Normalizer
{
    /// <summary>The rewritten text; the same object where nothing changes. The argument is left as it is.</summary>
    public abstract AlignedText Normalize(AlignedText text);
}
