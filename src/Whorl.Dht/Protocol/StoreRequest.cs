using Google.Protobuf;
using Whorl.Dht.Kademlia;
using Whorl.Dht.Records;
using Whorl.Protobuf;

namespace Whorl.Dht.Protocol;

/// <summary>The request of rpc_store.</summary>
/// <param name="Sender">The sender's node; null for a client.</param>
/// <param name="Items">What to store.</param>
internal sealed record StoreRequest(DhtId? Sender, IReadOnlyList<StoreItem> Items)
{
    private static readonly FieldLimit[] Limits =
    [
        new(2, DhtLimits.MaxKeys, DhtId.Bytes),
        new(3, DhtLimits.MaxKeys, DhtLimits.MaxSubkeyBytes),
        new(4, DhtLimits.MaxKeys, DhtLimits.MaxValueBytes),
        new(7, 1, Nested: NodeInfoField.Limits),
    ];

    /// <exception cref="WireFormatException">Not a StoreRequest, or its lists differ in length.</exception>
    public static StoreRequest Parse(ReadOnlySpan<byte> bytes)
    {
        Wire.StoreRequest wire = ProtobufGuard.Parse(Wire.StoreRequest.Parser, bytes, nameof(StoreRequest), Limits);
        int count = wire.Keys.Count;
        if (wire.Subkeys.Count != count || wire.Values.Count != count || wire.ExpirationTime.Count != count || wire.InCache.Count != count)
        {
            throw new WireFormatException("StoreRequest: keys, subkeys, values, expirations and in_cache differ in number");
        }

        IEnumerable<StoreItem> items = Enumerable.Range(0, count).Select(i => new StoreItem(
            DhtId.FromBytes(wire.Keys[i].Span), wire.Subkeys[i].Memory, wire.Values[i].Memory, wire.ExpirationTime[i], wire.InCache[i]));
        return new StoreRequest(NodeInfoField.Read(wire.Peer), [.. items]);
    }

    public byte[] ToBytes() => new Wire.StoreRequest
    {
        Keys = { Items.Select(item => UnsafeByteOperations.UnsafeWrap(item.Key.ToBytes())) },
        Subkeys = { Items.Select(item => UnsafeByteOperations.UnsafeWrap(item.Tag)) },
        Values = { Items.Select(item => UnsafeByteOperations.UnsafeWrap(item.Value)) },
        ExpirationTime = { Items.Select(item => item.Expiration) },
        InCache = { Items.Select(item => item.InCache) },
        Peer = NodeInfoField.Write(Sender),
    }.ToByteArray();
}
