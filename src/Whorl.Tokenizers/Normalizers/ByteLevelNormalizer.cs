using Whorl.Tokenizers.Text;

namespace Whorl.Tokenizers.Normalizers;

/// <summary>Turns the bytes of the text into characters of <see cref="ByteAlphabet"/>.</summary>
internal sealed class ByteLevelNormalizer : Normalizer
{
    public override AlignedText Normalize(AlignedText text)
    {
        var result = new AlignedText(text.Length, text.IsAligned, text.Origin);
        ByteAlphabet.Append(result, text, 0, text.Length);
        return result;
    }
}
