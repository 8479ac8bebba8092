using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Whorl.Kernels.Cpu.Quantized;

/// <summary>Blocks of nibbles that index a table of 16 integers. Source: ggml-common.h and ggml-quants.c, https://github.com/ggml-org/ggml.</summary>
[SuppressMessage("Naming", "CA1707", Justification = "The names are GGML's.")]
internal static class TableBlocks
{
    private static ReadOnlySpan<sbyte> UnevenSteps => [-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113];

    // Twice the values of e2m1, so that they are integers.
    private static ReadOnlySpan<sbyte> DoubledE2M1 => [0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12];

    /// <summary>d, 16 bytes of nibbles (elements 0-15 low, 16-31 high).</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void IQ4_NL(ReadOnlySpan<byte> block, Span<sbyte> codes, Span<float> scales, Span<float> minimums)
    {
        scales[0] = LegacyBlocks.Half(block);
        LookUp(UnevenSteps, block[2..], codes);
    }

    /// <summary>d, 16 bits and 4 bytes of 6-bit scales (+ 32) by 32, 128 bytes of nibbles.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void IQ4_XS(ReadOnlySpan<byte> block, Span<sbyte> codes, Span<float> scales, Span<float> minimums)
    {
        float d = LegacyBlocks.Half(block);
        int high = BinaryPrimitives.ReadUInt16LittleEndian(block[2..]);
        for (int g = 0; g < 8; g++)
        {
            int low = (block[4 + (g / 2)] >> (g % 2 * 4)) & 15;
            scales[g] = d * ((low | (((high >> (2 * g)) & 3) << 4)) - 32);
            LookUp(UnevenSteps, block[(8 + (16 * g))..], codes[(32 * g)..]);
        }
    }

    /// <summary>An exponent e that stands for 2^(e - 127), 16 bytes of nibbles. The codes are doubled and the scale halved.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void MXFP4(ReadOnlySpan<byte> block, Span<sbyte> codes, Span<float> scales, Span<float> minimums)
    {
        uint e = block[0];
        scales[0] = BitConverter.UInt32BitsToSingle(e < 2 ? 0x0020_0000u << (int)e : (e - 1) << 23);
        LookUp(DoubledE2M1, block[1..], codes);
    }

    private static void LookUp(ReadOnlySpan<sbyte> table, ReadOnlySpan<byte> packed, Span<sbyte> codes)
    {
        for (int i = 0; i < 16; i++)
        {
            codes[i] = table[packed[i] & 15];
            codes[i + 16] = table[packed[i] >> 4];
        }
    }
}
