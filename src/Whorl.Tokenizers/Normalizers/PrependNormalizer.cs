using Whorl.Tokenizers.Text;

namespace Whorl.Tokenizers.Normalizers;

/// <summary>Puts a string before a text that is not empty.</summary>
internal sealed class PrependNormalizer(string prefix) : Normalizer
{
    public override AlignedText Normalize(AlignedText text)
    {
        if (text.Length == 0)
        {
            return text;
        }

        var result = new AlignedText(prefix.Length + text.Length, text.IsAligned, text.Origin);
        result.Append(prefix, text, 0);
        result.Append(text, 0, text.Length);
        return result;
    }
}
