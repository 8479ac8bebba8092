using Google.Protobuf;
using Whorl.Protobuf;

namespace Whorl.Protocol.Messages;

/// <summary>The answer of rpc_info.</summary>
/// <param name="SerializedInfo">A msgpack map: <see cref="Info.RpcInfo"/>.</param>
public sealed record ExpertInfo(ReadOnlyMemory<byte> SerializedInfo)
{
    /// <summary>Reads a message.</summary>
    /// <exception cref="WireFormatException">Not an ExpertInfo, or beyond <see cref="MessageLimits"/>.</exception>
    public static ExpertInfo Parse(ReadOnlySpan<byte> bytes) => new(
        ProtobufGuard.Parse(
            Wire.ExpertInfo.Parser, bytes, nameof(ExpertInfo), new FieldLimit(1, 1, MessageLimits.MaxMetadataBytes)).SerializedInfo.Memory);

    /// <summary>The message's bytes.</summary>
    public byte[] ToBytes() => new Wire.ExpertInfo { SerializedInfo = UnsafeByteOperations.UnsafeWrap(SerializedInfo) }.ToByteArray();
}
