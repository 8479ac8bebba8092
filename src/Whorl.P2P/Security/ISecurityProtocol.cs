namespace Whorl.P2P.Security;

/// <summary>Turns a raw connection into an encrypted one whose far end has proved who it is.</summary>
internal interface ISecurityProtocol
{
    /// <summary>The multistream id.</summary>
    string Id { get; }

    /// <param name="raw">Agreed on this protocol; owned by the result, closed by the caller on failure.</param>
    /// <param name="isDialer">Which role to play.</param>
    /// <param name="expected">Whom to accept; null for anyone.</param>
    /// <param name="muxers">Multiplexers to offer within the handshake, in order of preference.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ProtocolViolationException">Someone else answered, or the proof is false.</exception>
    /// <exception cref="WireFormatException">The handshake is malformed.</exception>
    /// <exception cref="IOException">The connection broke.</exception>
    ValueTask<SecuredConnection> SecureAsync(Stream raw, bool isDialer, PeerId? expected, IReadOnlyList<string> muxers, CancellationToken cancellationToken);
}
