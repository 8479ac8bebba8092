using Whorl.Tokenizers.Text;
using Whorl.Tokenizers.Unicode;

namespace Whorl.Tokenizers.Normalizers;

/// <summary>Full lower case by code point, without context: a final sigma becomes σ, İ becomes two code points.</summary>
internal sealed class LowercaseNormalizer : Normalizer
{
    public override AlignedText Normalize(AlignedText text)
    {
        IReadOnlyDictionary<int, int[]> lower = UnicodeTables.Instance.Map("lowercase");
        var transform = new TextTransform(text);
        ReadOnlySpan<char> span = text.Span;
        for (int i = 0; i < span.Length;)
        {
            int c = CodePoints.At(span, i);
            i += CodePoints.Units(c);
            if (c < 128)
            {
                transform.Add(char.ToLowerInvariant((char)c), 0);
            }
            else if (lower.TryGetValue(c, out int[]? result))
            {
                for (int k = 0; k < result.Length; k++)
                {
                    transform.Add(result[k], k == 0 ? 0 : 1);
                }
            }
            else
            {
                transform.Add(c, 0);
            }
        }

        return transform.Result;
    }
}
