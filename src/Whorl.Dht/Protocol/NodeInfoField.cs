using Google.Protobuf;
using Whorl.Dht.Kademlia;
using Whorl.Protobuf;

namespace Whorl.Dht.Protocol;

/// <summary>The sender's node id in a message: present always, empty for a client.</summary>
internal static class NodeInfoField
{
    public static readonly FieldLimit[] Limits = [new(1, 1, DhtId.Bytes)];

    /// <summary>The id; null where the sender is a client or says nothing of itself.</summary>
    public static DhtId? Read(Wire.NodeInfo? info) => info is { NodeId.Length: > 0 } ? DhtId.FromBytes(info.NodeId.Span) : null;

    public static Wire.NodeInfo Write(DhtId? id) =>
        id is { } known ? new Wire.NodeInfo { NodeId = UnsafeByteOperations.UnsafeWrap(known.ToBytes()) } : new Wire.NodeInfo();
}
