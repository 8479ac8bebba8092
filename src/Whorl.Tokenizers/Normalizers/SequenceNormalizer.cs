using Whorl.Tokenizers.Text;

namespace Whorl.Tokenizers.Normalizers;

/// <summary>Applies normalizers one after another.</summary>
internal sealed class SequenceNormalizer(IReadOnlyList<Normalizer> parts) : Normalizer
{
    public override AlignedText Normalize(AlignedText text)
    {
        foreach (Normalizer part in parts)
        {
            text = part.Normalize(text);
        }

        return text;
    }
}
