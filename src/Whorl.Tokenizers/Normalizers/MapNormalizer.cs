using Whorl.Tokenizers.Text;
using Whorl.Tokenizers.Unicode;

namespace Whorl.Tokenizers.Normalizers;

/// <summary>Puts one code point in the place of another: parts of BertNormalizer and Nmt.</summary>
internal sealed class MapNormalizer(Func<int, int> map) : Normalizer
{
    public override AlignedText Normalize(AlignedText text)
    {
        var transform = new TextTransform(text);
        ReadOnlySpan<char> span = text.Span;
        for (int i = 0; i < span.Length;)
        {
            int c = CodePoints.At(span, i);
            i += CodePoints.Units(c);
            transform.Add(map(c), 0);
        }

        return transform.Result;
    }
}
