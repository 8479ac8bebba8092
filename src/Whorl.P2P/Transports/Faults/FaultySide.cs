namespace Whorl.P2P;

/// <summary>One direction of a stream for which faults are to be chosen.</summary>
/// <param name="Peer">The other side.</param>
/// <param name="ProtocolId">What the stream was opened for.</param>
/// <param name="IsDialled">Whether this side opened it.</param>
/// <param name="IsWriting">Whether it is the direction this side writes.</param>
public sealed record FaultySide(PeerId? Peer, string ProtocolId, bool IsDialled, bool IsWriting);
