namespace Whorl.Protocol;

/// <summary>
/// Bytes from a peer are not the message they should be, or exceed a stated limit. The peer is at fault: reset the stream, and do not retry
/// with the same bytes.
/// </summary>
/// <remarks>
/// A <see cref="FormatException"/>, as the exception of the same name in the network below is: one handler can catch both.
/// </remarks>
public sealed class WireFormatException : FormatException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">What is wrong, in which field, and the limit that it breaks.</param>
    public WireFormatException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception from the parser's own.</summary>
    /// <param name="message">What was being read.</param>
    /// <param name="innerException">What the parser said.</param>
    public WireFormatException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
