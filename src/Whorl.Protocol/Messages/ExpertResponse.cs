using Google.Protobuf;
using Whorl.Protobuf;

namespace Whorl.Protocol.Messages;

/// <summary>The answer to an <see cref="ExpertRequest"/>.</summary>
/// <param name="Tensors">Outputs; for rpc_backward the gradients of the inputs and, if there were prompts, of the prompts; for rpc_push
/// none.</param>
/// <param name="Metadata">A msgpack map or empty; Petals leaves it empty.</param>
public sealed record ExpertResponse(IReadOnlyList<TensorMessage> Tensors, ReadOnlyMemory<byte> Metadata = default)
{
    private static readonly FieldLimit[] Limits =
    [
        new(2, MessageLimits.MaxTensors, Nested: MessageLimits.Tensor),
        new(3, 1, MessageLimits.MaxMetadataBytes),
    ];

    /// <summary>Reads a message.</summary>
    /// <exception cref="WireFormatException">Not an ExpertResponse, or beyond <see cref="MessageLimits"/>.</exception>
    public static ExpertResponse Parse(ReadOnlySpan<byte> bytes)
    {
        Wire.ExpertResponse wire = ProtobufGuard.Parse(Wire.ExpertResponse.Parser, bytes, nameof(ExpertResponse), Limits);
        return new ExpertResponse([.. wire.Tensors.Select(TensorMessage.From)], wire.Metadata.Memory);
    }

    /// <summary>The message's bytes.</summary>
    public byte[] ToBytes() => new Wire.ExpertResponse
    {
        Tensors = { Tensors.Select(tensor => tensor.ToWire()) },
        Metadata = UnsafeByteOperations.UnsafeWrap(Metadata),
    }.ToByteArray();
}
