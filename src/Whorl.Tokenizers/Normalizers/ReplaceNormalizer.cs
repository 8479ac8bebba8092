using Whorl.Tokenizers.Patterns;
using Whorl.Tokenizers.Text;

namespace Whorl.Tokenizers.Normalizers;

/// <summary>Puts a string in the place of every match of a pattern.</summary>
internal sealed class ReplaceNormalizer(Pattern pattern, string content) : Normalizer
{
    public override AlignedText Normalize(AlignedText text)
    {
        var matches = new List<MatchedRange>();
        pattern.FindAll(text.Span, matches);
        if (matches is [{ IsMatch: false }])
        {
            return text;
        }

        var result = new AlignedText(text.Length, text.IsAligned, text.Origin);
        foreach (MatchedRange match in matches)
        {
            if (match.IsMatch)
            {
                result.Append(content, text, match.End - 1);
            }
            else
            {
                result.Append(text, match.Start, match.End);
            }
        }

        return result;
    }
}
