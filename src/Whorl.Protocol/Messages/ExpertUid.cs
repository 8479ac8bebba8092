using Google.Protobuf;
using Whorl.Protobuf;

namespace Whorl.Protocol.Messages;

/// <summary>The request of rpc_info.</summary>
/// <param name="Uid">A block's uid, or empty to ask about the server alone.</param>
public sealed record ExpertUid(string Uid)
{
    /// <summary>Reads a message.</summary>
    /// <exception cref="WireFormatException">Not an ExpertUID, or beyond <see cref="MessageLimits"/>.</exception>
    public static ExpertUid Parse(ReadOnlySpan<byte> bytes) =>
        new(ProtobufGuard.Parse(
            Wire.ExpertUID.Parser, bytes, "ExpertUID", new FieldLimit(1, 1, MessageLimits.MaxUidBytes, IsText: true)).Uid);

    /// <summary>The message's bytes.</summary>
    public byte[] ToBytes() => new Wire.ExpertUID { Uid = Uid }.ToByteArray();
}
