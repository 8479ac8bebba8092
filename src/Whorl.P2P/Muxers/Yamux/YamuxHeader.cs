using System.Buffers.Binary;

namespace Whorl.P2P.Muxers.Yamux;

/// <summary>The 12 bytes before every yamux frame, big-endian: version 0, type, flags, stream, length.</summary>
/// <remarks>Source: <see href="https://github.com/hashicorp/yamux/blob/master/spec.md"/>.</remarks>
/// <param name="Type">What the frame is.</param>
/// <param name="Flags">What it says about its stream besides.</param>
/// <param name="StreamId">0 for the session itself.</param>
/// <param name="Length">Bytes that follow (data), bytes granted (window update), an opaque value (ping) or a code (go away).</param>
internal readonly record struct YamuxHeader(YamuxFrameType Type, YamuxFlags Flags, uint StreamId, uint Length)
{
    public const int Size = 12;

    private const YamuxFlags KnownFlags = YamuxFlags.Syn | YamuxFlags.Ack | YamuxFlags.Fin | YamuxFlags.Rst;

    /// <exception cref="WireFormatException">Another version, an unknown type or unknown flags.</exception>
    public static YamuxHeader Read(ReadOnlySpan<byte> bytes)
    {
        YamuxHeader header = new(
            (YamuxFrameType)bytes[1],
            (YamuxFlags)BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]),
            BinaryPrimitives.ReadUInt32BigEndian(bytes[4..]),
            BinaryPrimitives.ReadUInt32BigEndian(bytes[8..]));
        return bytes[0] == 0 && header.Type <= YamuxFrameType.GoAway && (header.Flags & ~KnownFlags) == 0
            ? header
            : throw new WireFormatException($"yamux: version {bytes[0]}, type {bytes[1]}, flags {(int)header.Flags:x4}");
    }

    public void Write(Span<byte> bytes)
    {
        bytes[0] = 0;
        bytes[1] = (byte)Type;
        BinaryPrimitives.WriteUInt16BigEndian(bytes[2..], (ushort)Flags);
        BinaryPrimitives.WriteUInt32BigEndian(bytes[4..], StreamId);
        BinaryPrimitives.WriteUInt32BigEndian(bytes[8..], Length);
    }
}
