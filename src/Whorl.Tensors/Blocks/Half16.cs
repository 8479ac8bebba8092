using System.Buffers.Binary;

namespace Whorl.Tensors;

/// <summary>The little-endian f16 fields of a block.</summary>
internal static class Half16
{
    public static float Read(ReadOnlySpan<byte> block, int offset) =>
        PlainCodec.FromF16(BinaryPrimitives.ReadUInt16LittleEndian(block[offset..]));

    /// <summary>Rounds to the nearest f16, ties to even.</summary>
    public static void Write(Span<byte> block, int offset, float value) =>
        BinaryPrimitives.WriteHalfLittleEndian(block[offset..], (Half)value);
}
