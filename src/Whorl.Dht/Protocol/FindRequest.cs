using Google.Protobuf;
using Whorl.Dht.Kademlia;
using Whorl.Dht.Records;
using Whorl.Protobuf;

namespace Whorl.Dht.Protocol;

/// <summary>The request of rpc_find.</summary>
/// <param name="Sender">The sender's node; null for a client.</param>
/// <param name="Keys">What to find: values, and the nodes nearest to them.</param>
internal sealed record FindRequest(DhtId? Sender, IReadOnlyList<DhtId> Keys)
{
    private static readonly FieldLimit[] Limits = [new(2, DhtLimits.MaxKeys, DhtId.Bytes), new(3, 1, Nested: NodeInfoField.Limits)];

    /// <exception cref="WireFormatException">Not a FindRequest.</exception>
    public static FindRequest Parse(ReadOnlySpan<byte> bytes)
    {
        Wire.FindRequest wire = ProtobufGuard.Parse(Wire.FindRequest.Parser, bytes, nameof(FindRequest), Limits);
        return new FindRequest(NodeInfoField.Read(wire.Peer), [.. wire.Keys.Select(key => DhtId.FromBytes(key.Span))]);
    }

    public byte[] ToBytes() => new Wire.FindRequest
    {
        Keys = { Keys.Select(key => UnsafeByteOperations.UnsafeWrap(key.ToBytes())) },
        Peer = NodeInfoField.Write(Sender),
    }.ToByteArray();
}
