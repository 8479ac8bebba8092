using Whorl.Tokenizers.Text;
using Whorl.Tokenizers.Unicode;

namespace Whorl.Tokenizers.Normalizers;

/// <summary>Drops white space from the ends.</summary>
internal sealed class StripNormalizer(bool left, bool right) : Normalizer
{
    public override AlignedText Normalize(AlignedText text)
    {
        ReadOnlySpan<char> span = text.Span;
        int start = 0;
        int end = span.Length;
        while (left && start < end && CodePoints.WhiteSpace.Contains(span[start]))
        {
            start++;
        }

        while (right && end > start && CodePoints.WhiteSpace.Contains(span[end - 1]))
        {
            end--;
        }

        if (end - start == span.Length)
        {
            return text;
        }

        var stripped = new AlignedText(end - start, text.IsAligned, text.Origin);
        stripped.Append(text, start, end);
        return stripped;
    }
}
