namespace Whorl.Tokenizers.Decoders;

/// <summary>Takes the spaces before punctuation and English contractions out of decoded text.</summary>
internal static class WordPieceCleanup
{
    private static readonly (string Old, string New)[] Rules =
    [
        (" .", "."), (" ?", "?"), (" !", "!"), (" ,", ","), (" ' ", "'"), (" n't", "n't"), (" 'm", "'m"), (" do not", " don't"),
        (" 's", "'s"), (" 've", "'ve"), (" 're", "'re"),
    ];

    /// <summary>Applies the rules of tokenizers' decoders/wordpiece.rs in their order.</summary>
    public static string Apply(string text)
    {
        foreach ((string old, string replacement) in Rules)
        {
            text = text.Replace(old, replacement, StringComparison.Ordinal);
        }

        return text;
    }
}
