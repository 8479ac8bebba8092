using Google.Protobuf;
using Whorl.Dht.Kademlia;
using Whorl.Protobuf;

namespace Whorl.Dht.Protocol;

/// <summary>The answer to rpc_store.</summary>
/// <param name="Sender">The responder's node; null for a client.</param>
/// <param name="Stored">For each item whether it was taken.</param>
internal sealed record StoreResponse(DhtId? Sender, IReadOnlyList<bool> Stored)
{
    private static readonly FieldLimit[] Limits =
        [new(2, Records.DhtLimits.MaxKeys, Packed: true), new(3, 1, Nested: NodeInfoField.Limits)];

    /// <exception cref="WireFormatException">Not a StoreResponse.</exception>
    public static StoreResponse Parse(ReadOnlySpan<byte> bytes)
    {
        Wire.StoreResponse wire = ProtobufGuard.Parse(Wire.StoreResponse.Parser, bytes, nameof(StoreResponse), Limits);
        return new StoreResponse(NodeInfoField.Read(wire.Peer), [.. wire.StoreOk]);
    }

    public byte[] ToBytes() => new Wire.StoreResponse { StoreOk = { Stored }, Peer = NodeInfoField.Write(Sender) }.ToByteArray();
}
