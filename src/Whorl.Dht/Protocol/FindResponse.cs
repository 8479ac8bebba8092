using Google.Protobuf;
using Whorl.Dht.Kademlia;
using Whorl.Dht.Records;
using Whorl.P2P;
using Whorl.Protobuf;

namespace Whorl.Dht.Protocol;

/// <summary>The answer to rpc_find.</summary>
/// <param name="Sender">The responder's node; null for a client.</param>
/// <param name="Results">For each key what is known.</param>
internal sealed record FindResponse(DhtId? Sender, IReadOnlyList<FindResult> Results)
{
    private static readonly FieldLimit[] ResultLimits =
    [
        new(2, 1, DhtLimits.MaxValueBytes),
        new(4, DhtLimits.MaxNeighbours, DhtId.Bytes),
        new(5, DhtLimits.MaxNeighbours, PeerId.MaxBytes),
    ];

    private static readonly FieldLimit[] Limits = [new(2, DhtLimits.MaxKeys, Nested: ResultLimits), new(3, 1, Nested: NodeInfoField.Limits)];

    /// <exception cref="WireFormatException">Not a FindResponse, or a result names nodes and peers in different numbers.</exception>
    public static FindResponse Parse(ReadOnlySpan<byte> bytes)
    {
        Wire.FindResponse wire = ProtobufGuard.Parse(Wire.FindResponse.Parser, bytes, nameof(FindResponse), Limits);
        return new FindResponse(NodeInfoField.Read(wire.Peer), [.. wire.Results.Select(Read)]);
    }

    public byte[] ToBytes() =>
        new Wire.FindResponse { Results = { Results.Select(Write) }, Peer = NodeInfoField.Write(Sender) }.ToByteArray();

    private static FindResult Read(Wire.FindResult wire)
    {
        if (wire.NearestNodeIds.Count != wire.NearestPeerIds.Count)
        {
            throw new WireFormatException($"FindResponse: {wire.NearestNodeIds.Count} node ids and {wire.NearestPeerIds.Count} peer ids");
        }

        if (wire.Type is < Wire.ResultType.NotFound or > Wire.ResultType.FoundDictionary)
        {
            throw new WireFormatException($"FindResponse: unknown type {(int)wire.Type}");
        }

        return new FindResult(
            wire.Type == Wire.ResultType.NotFound ? default(ReadOnlyMemory<byte>?) : wire.Value.Memory,
            wire.Type == Wire.ResultType.FoundDictionary,
            wire.ExpirationTime,
            [.. wire.NearestNodeIds.Zip(wire.NearestPeerIds, (id, peer) => (DhtId.FromBytes(id.Span), PeerId.FromBytes(peer.Span)))]);
    }

    private static Wire.FindResult Write(FindResult result) => new()
    {
        Type = result switch
        {
            { Value: null } => Wire.ResultType.NotFound,
            { IsDictionary: true } => Wire.ResultType.FoundDictionary,
            _ => Wire.ResultType.FoundRegular,
        },
        Value = result.Value is { } value ? UnsafeByteOperations.UnsafeWrap(value) : ByteString.Empty,
        ExpirationTime = result.Expiration,
        NearestNodeIds = { result.Nearest.Select(node => UnsafeByteOperations.UnsafeWrap(node.Id.ToBytes())) },
        NearestPeerIds = { result.Nearest.Select(node => UnsafeByteOperations.UnsafeWrap(node.Peer.Bytes)) },
    };
}
