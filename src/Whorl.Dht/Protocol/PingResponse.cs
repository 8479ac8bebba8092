using Google.Protobuf;
using Whorl.Dht.Kademlia;
using Whorl.Protobuf;

namespace Whorl.Dht.Protocol;

/// <summary>The answer to rpc_ping.</summary>
/// <param name="Sender">The responder's node; null for a client.</param>
/// <param name="Time">Its clock, in seconds of unix time; 0 if it does not say.</param>
/// <param name="Available">Whether it could call back.</param>
internal sealed record PingResponse(DhtId? Sender, double Time, bool Available)
{
    /// <exception cref="WireFormatException">Not a PingResponse.</exception>
    public static PingResponse Parse(ReadOnlySpan<byte> bytes)
    {
        Wire.PingResponse wire =
            ProtobufGuard.Parse(Wire.PingResponse.Parser, bytes, nameof(PingResponse), new FieldLimit(2, 1, Nested: NodeInfoField.Limits));
        return new PingResponse(NodeInfoField.Read(wire.Peer), wire.DhtTime, wire.Available);
    }

    public byte[] ToBytes() =>
        new Wire.PingResponse { Peer = NodeInfoField.Write(Sender), DhtTime = Time, Available = Available }.ToByteArray();

    /// <summary>The answer to a reachability check, which says nothing of the responder: empty for no.</summary>
    public ReadOnlyMemory<byte> ToReachabilityBytes() => new Wire.PingResponse { Available = Available }.ToByteArray();
}
