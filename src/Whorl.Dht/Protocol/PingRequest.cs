using Google.Protobuf;
using Whorl.Dht.Kademlia;
using Whorl.Protobuf;

namespace Whorl.Dht.Protocol;

/// <summary>The request of rpc_ping.</summary>
/// <param name="Sender">The sender's node; null for a client.</param>
/// <param name="Validate">Whether the responder should call back and say if it worked.</param>
internal sealed record PingRequest(DhtId? Sender, bool Validate)
{
    /// <exception cref="WireFormatException">Not a PingRequest.</exception>
    public static PingRequest Parse(ReadOnlySpan<byte> bytes)
    {
        Wire.PingRequest wire =
            ProtobufGuard.Parse(Wire.PingRequest.Parser, bytes, nameof(PingRequest), new FieldLimit(2, 1, Nested: NodeInfoField.Limits));
        return new PingRequest(NodeInfoField.Read(wire.Peer), wire.Validate);
    }

    public byte[] ToBytes() => new Wire.PingRequest { Peer = NodeInfoField.Write(Sender), Validate = Validate }.ToByteArray();
}
