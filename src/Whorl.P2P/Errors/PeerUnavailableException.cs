namespace Whorl.P2P;

/// <summary>A peer cannot be reached, or its connection broke: use another peer, or try this one again later.</summary>
public sealed class PeerUnavailableException : IOException
{
    /// <summary>An error without text; prefer the constructor that says which peer, which addresses and why.</summary>
    public PeerUnavailableException()
    {
    }

    /// <param name="message">Which peer, which addresses were tried, and why each failed.</param>
    public PeerUnavailableException(string message)
        : base(message)
    {
    }

    /// <param name="message">Which peer, which addresses were tried, and why each failed.</param>
    /// <param name="innerException">The last failure.</param>
    public PeerUnavailableException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }

    /// <summary>The peer, where it is known.</summary>
    public PeerId? Peer { get; init; }

    /// <summary>Whether the same call may succeed later without a change on this side: false for a wrong identity or an address that can never be dialled.</summary>
    /// <value>true</value>
    public bool IsTransient { get; init; } = true;
}
