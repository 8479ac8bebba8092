using Whorl.Tokenizers.Text;
using Whorl.Tokenizers.Unicode;

namespace Whorl.Tokenizers.Normalizers;

/// <summary>NFC, NFD, NFKC and NFKD.</summary>
internal sealed class UnicodeFormNormalizer(bool compatibility, bool compose) : Normalizer
{
    public override AlignedText Normalize(AlignedText text)
    {
        if (UnicodeNormalizer.IsSurelyNormal(text.Span, compatibility))
        {
            return text;
        }

        var transform = new TextTransform(text);
        foreach ((int codePoint, int change) in UnicodeNormalizer.Normalize(text.Span, compatibility, compose))
        {
            transform.Add(codePoint, change);
        }

        return transform.Result;
    }
}
