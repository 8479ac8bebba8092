namespace Whorl.Tokenizers;

/// <summary>A tokenizer's file or metadata cannot be used: malformed, incomplete, or of a kind that is not supported.</summary>
/// <remarks>The message names the file or key and says what to do; nothing that is not understood is passed over.</remarks>
public sealed class TokenizerFormatException : Exception
{
    /// <summary>Says what is wrong, where, and what to do.</summary>
    public TokenizerFormatException(string message)
        : base(message)
    {
    }

    /// <summary>The same with the error that was found underneath.</summary>
    public TokenizerFormatException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
