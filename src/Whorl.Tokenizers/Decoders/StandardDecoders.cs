using System.Text;
using Whorl.Tokenizers.Patterns;
using Whorl.Tokenizers.PreTokenizers;

namespace Whorl.Tokenizers.Decoders;

/// <summary>The decoders of tokenizer.json that map token by token.</summary>
internal static class StandardDecoders
{
    public static TokenDecoder Replace(string old, string replacement) =>
        new MappingDecoder(
            (token, _) => old.Length == 0 ? token : token.Replace(old, replacement, StringComparison.Ordinal), old.Length == 1);

    public static TokenDecoder Replace(Pattern pattern, string replacement) =>
        new MappingDecoder((token, _) => Replace(token, pattern, replacement), byCharacter: false);

    /// <summary>Metaspace: the replacement becomes a space; in the first token, nothing, if one was prepended.</summary>
    public static TokenDecoder Metaspace(string replacement, PrependScheme scheme) =>
        new MappingDecoder(
            (token, first) => token.Replace(replacement, first && scheme != PrependScheme.Never ? "" : " ", StringComparison.Ordinal),
            byCharacter: true);

    /// <summary>WordPiece: tokens without the prefix begin a word.</summary>
    public static TokenDecoder WordPiece(string prefix, bool cleanup) =>
        new MappingDecoder(
            (token, first) =>
            {
                if (!first)
                {
                    token = token.StartsWith(prefix, StringComparison.Ordinal) ? token[prefix.Length..] : " " + token;
                }

                return cleanup ? WordPieceCleanup.Apply(token) : token;
            },
            byCharacter: false);

    /// <summary>No decoder: tokens are joined by spaces.</summary>
    public static TokenDecoder Spaced() => new MappingDecoder((token, first) => first ? token : " " + token, byCharacter: false);

    private static string Replace(string token, Pattern pattern, string replacement)
    {
        var matches = new List<MatchedRange>();
        pattern.FindAll(token, matches);
        var text = new StringBuilder();
        foreach (MatchedRange match in matches)
        {
            text.Append(match.IsMatch ? replacement : token.AsSpan(match.Start, match.End - match.Start));
        }

        return text.ToString();
    }
}
