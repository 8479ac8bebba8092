namespace Whorl.Tokenizers;

/// <summary>What to do with special tokens when a text is encoded.</summary>
public sealed record EncodeOptions
{
    /// <summary>Adds the special tokens and parses those in the text, as Hugging Face does by default.</summary>
    public static EncodeOptions Default { get; } = new();

    /// <summary>Adds none and takes those in the text as plain text: for what users wrote.</summary>
    public static EncodeOptions PlainText { get; } = new() { AddSpecialTokens = false, ParseSpecialTokens = false };

    /// <summary>Whether to put the model's begin, end and separator tokens around the text, as its post-processor says.</summary>
    /// <value>True.</value>
    public bool AddSpecialTokens { get; init; } = true;

    /// <summary>
    /// Whether special tokens that stand in the text become their ids; else they are plain text. Added tokens that are not special
    /// are parsed either way.
    /// </summary>
    /// <value>True.</value>
    public bool ParseSpecialTokens { get; init; } = true;
}
