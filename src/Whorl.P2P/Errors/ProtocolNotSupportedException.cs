namespace Whorl.P2P;

/// <summary>The peer was reached and does not speak the protocol that was asked for.</summary>
public sealed class ProtocolNotSupportedException : IOException
{
    /// <summary>An error without text; prefer the constructor that names peer and protocol.</summary>
    public ProtocolNotSupportedException()
    {
    }

    /// <param name="message">The peer and the protocol ids that it refused.</param>
    public ProtocolNotSupportedException(string message)
        : base(message)
    {
    }

    /// <param name="message">The peer and the protocol ids that it refused.</param>
    /// <param name="innerException">What revealed it.</param>
    public ProtocolNotSupportedException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }

    /// <summary>The refused protocol id; empty where it is not known.</summary>
    public string ProtocolId { get; init; } = "";
}
