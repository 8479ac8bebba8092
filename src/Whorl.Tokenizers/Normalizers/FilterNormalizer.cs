using Whorl.Tokenizers.Text;
using Whorl.Tokenizers.Unicode;

namespace Whorl.Tokenizers.Normalizers;

/// <summary>Drops the code points of a set: StripAccents, and parts of BertNormalizer and Nmt.</summary>
internal sealed class FilterNormalizer(CodePointSet dropped) : Normalizer
{
    public override AlignedText Normalize(AlignedText text)
    {
        ReadOnlySpan<char> span = text.Span;
        int kept = -1;
        int removed = 0;
        TextTransform? transform = null;
        for (int i = 0; i < span.Length;)
        {
            int c = CodePoints.At(span, i);
            i += CodePoints.Units(c);
            if (dropped.Contains(c))
            {
                removed++;
                continue;
            }

            if (kept < 0)
            {
                transform = new TextTransform(text, removed);
            }
            else
            {
                transform!.Add(kept, -removed);
            }

            kept = c;
            removed = 0;
        }

        if (kept < 0)
        {
            return new AlignedText(0, text.IsAligned, text.Origin);
        }

        transform!.Add(kept, -removed);
        return transform.Result.Length == text.Length ? text : transform.Result;
    }
}
