using Whorl.Tokenizers.Text;

namespace Whorl.Tokenizers.PreTokenizers;

/// <summary>Applies pre-tokenizers one after another.</summary>
internal sealed class SequencePreTokenizer(IReadOnlyList<PreTokenizer> parts) : PreTokenizer
{
    public override bool AsksForOrigin => parts.Any(part => part.AsksForOrigin);

    public override bool Rewrites => parts.Any(part => part.Rewrites);

    public override void Apply(PieceBuffer buffer)
    {
        foreach (PreTokenizer part in parts)
        {
            part.Apply(buffer);
        }
    }
}
