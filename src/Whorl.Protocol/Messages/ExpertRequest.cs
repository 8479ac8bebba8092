using Google.Protobuf;
using Whorl.Protobuf;

namespace Whorl.Protocol.Messages;

/// <summary>
/// The request of rpc_forward, rpc_backward, rpc_push and their streams, and every message of rpc_inference: blocks, tensors, metadata.
/// </summary>
/// <param name="Uid">One block's uid or several joined by spaces (<see cref="ModuleUid"/>); empty ends an inference session.</param>
/// <param name="Tensors">In rpc_inference: hidden states [batch, tokens, hidden], prompts, hypothesis ids.</param>
/// <param name="Metadata">A msgpack map (<see cref="Metadata.RequestMetadata"/>), or empty. Not checked here.</param>
public sealed record ExpertRequest(string Uid, IReadOnlyList<TensorMessage> Tensors, ReadOnlyMemory<byte> Metadata)
{
    private static readonly FieldLimit[] Limits =
    [
        new(1, 1, MessageLimits.MaxUidBytes, IsText: true),
        new(2, MessageLimits.MaxTensors, Nested: MessageLimits.Tensor),
        new(3, 1, MessageLimits.MaxMetadataBytes),
    ];

    /// <summary>What a client sends last in an inference session: nothing at all, before the end of the stream.</summary>
    public static ExpertRequest End { get; } = new("", [], default);

    /// <summary>Reads a message.</summary>
    /// <exception cref="WireFormatException">Not an ExpertRequest, or beyond <see cref="MessageLimits"/>.</exception>
    public static ExpertRequest Parse(ReadOnlySpan<byte> bytes)
    {
        Wire.ExpertRequest wire = ProtobufGuard.Parse(Wire.ExpertRequest.Parser, bytes, nameof(ExpertRequest), Limits);
        return new ExpertRequest(wire.Uid, [.. wire.Tensors.Select(TensorMessage.From)], wire.Metadata.Memory);
    }

    /// <summary>The message's bytes.</summary>
    public byte[] ToBytes() => new Wire.ExpertRequest
    {
        Uid = Uid,
        Tensors = { Tensors.Select(tensor => tensor.ToWire()) },
        Metadata = UnsafeByteOperations.UnsafeWrap(Metadata),
    }.ToByteArray();
}
