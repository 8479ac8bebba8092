namespace Whorl;

/// <summary>Bytes from the network do not form the message they should: the reader resets the stream they came on.</summary>
public sealed class WireFormatException : FormatException
{
    /// <summary>An error without text; prefer the constructor that says which message and what is wrong with it.</summary>
    public WireFormatException()
    {
    }

    /// <param name="message">Which message, where in it, what was found and what the limit is.</param>
    public WireFormatException(string message)
        : base(message)
    {
    }

    /// <param name="message">Which message, where in it, what was found and what the limit is.</param>
    /// <param name="innerException">What the decoder said.</param>
    public WireFormatException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}
