using Whorl.P2P;

namespace Whorl.Protocol.Rpc;

/// <summary>
/// The handler of a remote call failed, and its side says so. Thrown by a handler it sends its message as it is; at the caller its message
/// is the text that the peer sent, as <see cref="PeerText"/> cleans it. The connection is sound: the same call would fail again.
/// </summary>
public sealed class RpcErrorException : IOException
{
    private const int MaxPeerChars = 1000; // errors of Python name their cause behind a long beginning

    /// <summary>An error without text.</summary>
    public RpcErrorException()
        : this("")
    {
    }

    /// <param name="message">The text that travels.</param>
    public RpcErrorException(string message)
        : base(message)
    {
    }

    /// <param name="message">The text that travels.</param>
    /// <param name="innerException">What caused it; does not travel.</param>
    public RpcErrorException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }

    /// <summary>What a peer said.</summary>
    internal static RpcErrorException OfPeer(string text) => new(PeerText.Clean(text, MaxPeerChars));
}
