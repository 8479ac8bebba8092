namespace Whorl.P2P.Security;

/// <summary>An encrypted connection to a peer that has proved its identity.</summary>
/// <param name="Stream">What is written comes out decrypted on the other side.</param>
/// <param name="RemoteKey">The peer's key.</param>
/// <param name="Muxer">The multiplexer agreed on within the handshake; null asks for a multistream round.</param>
internal sealed record SecuredConnection(Stream Stream, PeerPublicKey RemoteKey, string? Muxer);
