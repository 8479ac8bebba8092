namespace Whorl.P2P;

/// <summary>A peer broke a rule that honest peers keep (a wrong identity, an overrun window): drop its connection.</summary>
/// <remarks>Not to be confused with the type of the same name in System.Net, which concerns HTTP.</remarks>
public sealed class ProtocolViolationException : IOException
{
    /// <summary>An error without text; prefer the constructor that names the rule.</summary>
    public ProtocolViolationException()
    {
    }

    /// <param name="message">The rule, and what the peer did instead.</param>
    public ProtocolViolationException(string message)
        : base(PeerText.Clean(message))
    {
    }

    /// <param name="message">The rule, and what the peer did instead.</param>
    /// <param name="innerException">What revealed it.</param>
    public ProtocolViolationException(string message, Exception? innerException)
        : base(PeerText.Clean(message), innerException)
    {
    }
}
