using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace Whorl.Tensors;

/// <summary>32 codes of 5 bits: <c>u32 fifth; u8 nibbles[16]</c>; bit j of the first is the fifth bit of element j.</summary>
internal static class FifthBits
{
    /// <summary>The codes, each less an offset.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Unpack(ReadOnlySpan<byte> packed, Span<sbyte> codes, int offset)
    {
        int fifth = BinaryPrimitives.ReadInt32LittleEndian(packed);
        for (int j = 0; j < 16; j++)
        {
            codes[j] = (sbyte)(((packed[4 + j] & 15) | (((fifth >> j) & 1) << 4)) - offset);
            codes[j + 16] = (sbyte)(((packed[4 + j] >> 4) | (((fifth >> (j + 16)) & 1) << 4)) - offset);
        }
    }

    public static void Pack(ReadOnlySpan<byte> codes, Span<byte> packed)
    {
        uint fifth = 0;
        for (int j = 0; j < 16; j++)
        {
            packed[4 + j] = (byte)((codes[j] & 15) | ((codes[j + 16] & 15) << 4));
            fifth |= (uint)(codes[j] >> 4) << j;
            fifth |= (uint)(codes[j + 16] >> 4) << (j + 16);
        }

        BinaryPrimitives.WriteUInt32LittleEndian(packed, fifth);
    }
}
