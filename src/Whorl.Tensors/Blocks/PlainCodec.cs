using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Whorl.Tensors;

/// <summary>The types that store one number per element, little-endian.</summary>
internal static class PlainCodec
{
    public static void DecodeF32(ReadOnlySpan<byte> source, Span<float> destination)
    {
        if (BitConverter.IsLittleEndian)
        {
            source.CopyTo(MemoryMarshal.AsBytes(destination));
            return;
        }

        for (int i = 0; i < destination.Length; i++)
        {
            destination[i] = BinaryPrimitives.ReadSingleLittleEndian(source[(4 * i)..]);
        }
    }

    public static void DecodeF16(ReadOnlySpan<byte> source, Span<float> destination)
    {
        for (int i = 0; i < destination.Length; i++)
        {
            destination[i] = FromF16(BinaryPrimitives.ReadUInt16LittleEndian(source[(2 * i)..]));
        }
    }

    public static void DecodeBF16(ReadOnlySpan<byte> source, Span<float> destination)
    {
        for (int i = 0; i < destination.Length; i++)
        {
            uint bits = (uint)BinaryPrimitives.ReadUInt16LittleEndian(source[(2 * i)..]) << 16;
            destination[i] = BitConverter.UInt32BitsToSingle(bits);
        }
    }

    public static void DecodeF64(ReadOnlySpan<byte> source, Span<float> destination)
    {
        for (int i = 0; i < destination.Length; i++)
        {
            destination[i] = (float)BinaryPrimitives.ReadDoubleLittleEndian(source[(8 * i)..]);
        }
    }

    public static void EncodeF32(ReadOnlySpan<float> source, Span<byte> destination)
    {
        if (BitConverter.IsLittleEndian)
        {
            MemoryMarshal.AsBytes(source).CopyTo(destination);
            return;
        }

        for (int i = 0; i < source.Length; i++)
        {
            BinaryPrimitives.WriteSingleLittleEndian(destination[(4 * i)..], source[i]);
        }
    }

    public static void EncodeF16(ReadOnlySpan<float> source, Span<byte> destination)
    {
        for (int i = 0; i < source.Length; i++)
        {
            BinaryPrimitives.WriteHalfLittleEndian(destination[(2 * i)..], (Half)source[i]);
        }
    }

    public static void EncodeBF16(ReadOnlySpan<float> source, Span<byte> destination)
    {
        for (int i = 0; i < source.Length; i++)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(destination[(2 * i)..], ToBF16(source[i]));
        }
    }

    /// <summary>
    /// The f16's exponent and mantissa, read as those of an f32, are 2^112 times too small; the product is exact, for subnormals too.
    /// Several times faster than the framework's conversion, and equal to it.
    /// </summary>
    internal static float FromF16(ushort bits)
    {
        const uint InfinityOrNaN = 0x7C00u << 13;
        uint sign = (uint)(bits & 0x8000) << 16;
        uint magnitude = (uint)(bits & 0x7FFF) << 13;
        uint scaled = BitConverter.SingleToUInt32Bits(BitConverter.UInt32BitsToSingle(magnitude) * 5.192296858534828e33f);
        return BitConverter.UInt32BitsToSingle(sign | (magnitude >= InfinityOrNaN ? magnitude | 0x7F800000 : scaled));
    }

    /// <summary>Rounds to the nearest bf16, ties to even; a NaN keeps its sign and becomes quiet.</summary>
    private static ushort ToBF16(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        if (float.IsNaN(value))
        {
            return (ushort)((bits >> 16) | 0x40);
        }

        return (ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
    }
}
