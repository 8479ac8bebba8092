using Google.Protobuf;
using Whorl.P2P;
using Whorl.Protobuf;

namespace Whorl.Dht.Protocol;

/// <summary>The request of rpc_check: a PingRequest whose node id is the peer id to check.</summary>
/// <param name="Peer">Whom to try to reach.</param>
internal sealed record ReachabilityCheck(PeerId Peer)
{
    private static readonly FieldLimit[] Limits = [new(2, 1, Nested: [new FieldLimit(1, 1, PeerId.MaxBytes)])];

    /// <exception cref="WireFormatException">Not such a request.</exception>
    public static ReachabilityCheck Parse(ReadOnlySpan<byte> bytes)
    {
        Wire.PingRequest wire = ProtobufGuard.Parse(Wire.PingRequest.Parser, bytes, nameof(ReachabilityCheck), Limits);
        return new ReachabilityCheck(PeerId.FromBytes(wire.Peer is { } peer ? peer.NodeId.Span : default));
    }

    public byte[] ToBytes() =>
        new Wire.PingRequest { Peer = new Wire.NodeInfo { NodeId = UnsafeByteOperations.UnsafeWrap(Peer.Bytes) } }.ToByteArray();
}
