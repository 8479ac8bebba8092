using Whorl.Tokenizers.Text;
using Whorl.Tokenizers.Unicode;

namespace Whorl.Tokenizers.Normalizers;

/// <summary>Puts spaces around Chinese characters: part of BertNormalizer, which does it for no U+2B820 to U+2B91F.</summary>
internal sealed class ChineseSpacingNormalizer : Normalizer
{
    private static readonly CodePointSet Chinese = new(c => c
        is (>= 0x4E00 and <= 0x9FFF) or (>= 0x3400 and <= 0x4DBF) or (>= 0x20000 and <= 0x2A6DF) or (>= 0x2A700 and <= 0x2B81F)
        or (>= 0x2B920 and <= 0x2CEAF) or (>= 0xF900 and <= 0xFAFF) or (>= 0x2F800 and <= 0x2FA1F));

    public override AlignedText Normalize(AlignedText text)
    {
        var transform = new TextTransform(text);
        ReadOnlySpan<char> span = text.Span;
        for (int i = 0; i < span.Length;)
        {
            int c = CodePoints.At(span, i);
            i += CodePoints.Units(c);
            if (Chinese.Contains(c))
            {
                transform.Add(' ', 0);
                transform.Add(c, 1);
                transform.Add(' ', 1);
            }
            else
            {
                transform.Add(c, 0);
            }
        }

        return transform.Result;
    }
}
