using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Whorl.Kernels.Cpu.Quantized;

/// <summary>
/// GGML's blocks of 256 whose groups have small integer scales below one f16 scale d (and one f16 dmin for the minimums).
/// d · scale has at most 19 significant bits, so it is exact in float32. Source: ggml-common.h and ggml-quants.c, https://github.com/ggml-org/ggml.
/// </summary>
[SuppressMessage("Naming", "CA1707", Justification = "The names are GGML's.")]
internal static class KBlocks
{
    /// <summary>16 bytes (scale low, minimum high nibble), 64 bytes of 2-bit codes, d, dmin.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Q2_K(ReadOnlySpan<byte> block, Span<sbyte> codes, Span<float> scales, Span<float> minimums)
    {
        float d = LegacyBlocks.Half(block[80..]), dmin = LegacyBlocks.Half(block[82..]);
        for (int g = 0; g < 16; g++)
        {
            scales[g] = d * (block[g] & 15);
            minimums[g] = -(dmin * (block[g] >> 4));
        }

        for (int run = 0; run < 8; run++) // of 32
        {
            ReadOnlySpan<byte> packed = block.Slice(16 + (run / 4 * 32), 32);
            Span<sbyte> to = codes.Slice(run * 32, 32);
            for (int i = 0; i < to.Length; i++)
            {
                to[i] = (sbyte)((packed[i] >> (run % 4 * 2)) & 3);
            }
        }
    }

    /// <summary>32 bytes of third bits (clear means -4), 64 bytes of 2-bit codes, 12 bytes of 6-bit scales (+ 32), d.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Q3_K(ReadOnlySpan<byte> block, Span<sbyte> codes, Span<float> scales, Span<float> minimums)
    {
        float d = LegacyBlocks.Half(block[108..]);
        ReadOnlySpan<byte> packed = block.Slice(96, 12);
        for (int g = 0; g < 16; g++)
        {
            int low = (packed[g % 8] >> (g / 8 * 4)) & 15;
            int high = (packed[8 + (g % 4)] >> (g / 4 * 2)) & 3;
            scales[g] = d * ((low | (high << 4)) - 32);
        }

        for (int run = 0; run < 8; run++)
        {
            ReadOnlySpan<byte> two = block.Slice(32 + (run / 4 * 32), 32), thirds = block[..32];
            Span<sbyte> to = codes.Slice(run * 32, 32);
            for (int i = 0; i < to.Length; i++)
            {
                to[i] = (sbyte)(((two[i] >> (run % 4 * 2)) & 3) - 4 + (((thirds[i] >> run) & 1) << 2));
            }
        }
    }

    /// <summary>d, dmin, 12 bytes of 6-bit scales and minimums, 128 bytes of nibbles (each 32 bytes: 32 low, then 32 high).</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Q4_K(ReadOnlySpan<byte> block, Span<sbyte> codes, Span<float> scales, Span<float> minimums)
    {
        ScalesAndMinimums(block, scales, minimums);
        for (int run = 0; run < 8; run++)
        {
            ReadOnlySpan<byte> packed = block.Slice(16 + (run / 2 * 32), 32);
            Span<sbyte> to = codes.Slice(run * 32, 32);
            for (int i = 0; i < to.Length; i++)
            {
                to[i] = (sbyte)((packed[i] >> (run % 2 * 4)) & 15);
            }
        }
    }

    /// <summary>As Q4_K, with 32 bytes of fifth bits (bit g of byte i belongs to element i of group g) before the nibbles.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Q5_K(ReadOnlySpan<byte> block, Span<sbyte> codes, Span<float> scales, Span<float> minimums)
    {
        ScalesAndMinimums(block, scales, minimums);
        for (int run = 0; run < 8; run++)
        {
            ReadOnlySpan<byte> packed = block.Slice(48 + (run / 2 * 32), 32), fifths = block.Slice(16, 32);
            Span<sbyte> to = codes.Slice(run * 32, 32);
            for (int i = 0; i < to.Length; i++)
            {
                to[i] = (sbyte)(((packed[i] >> (run % 2 * 4)) & 15) | (((fifths[i] >> run) & 1) << 4));
            }
        }
    }

    /// <summary>128 bytes of low nibbles, 64 bytes of upper 2 bits, 16 signed 8-bit scales, d; code - 32.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Q6_K(ReadOnlySpan<byte> block, Span<sbyte> codes, Span<float> scales, Span<float> minimums)
    {
        float d = LegacyBlocks.Half(block[208..]);
        for (int g = 0; g < 16; g++)
        {
            scales[g] = d * (sbyte)block[192 + g];
        }

        for (int run = 0; run < 8; run++)
        {
            int half = run / 4, quarter = run % 4;
            ReadOnlySpan<byte> packed = block.Slice((half * 64) + (quarter % 2 * 32), 32), twos = block.Slice(128 + (half * 32), 32);
            Span<sbyte> to = codes.Slice(run * 32, 32);
            for (int i = 0; i < to.Length; i++)
            {
                to[i] = (sbyte)((((packed[i] >> (quarter / 2 * 4)) & 15) | (((twos[i] >> (quarter * 2)) & 3) << 4)) - 32);
            }
        }
    }

    /// <summary>The 6-bit scale and minimum of group g (0 to 7) of the 12 bytes that Q4_K and Q5_K share.</summary>
    internal static (int Scale, int Minimum) SixBits(ReadOnlySpan<byte> packed, int g) => g < 4
        ? (packed[g] & 63, packed[g + 4] & 63)
        : ((packed[g + 4] & 15) | (packed[g - 4] >> 6 << 4), (packed[g + 4] >> 4) | (packed[g] >> 6 << 4));

    private static void ScalesAndMinimums(ReadOnlySpan<byte> block, Span<float> scales, Span<float> minimums)
    {
        float d = LegacyBlocks.Half(block), dmin = LegacyBlocks.Half(block[2..]);
        for (int g = 0; g < 8; g++)
        {
            (int scale, int minimum) = SixBits(block.Slice(4, 12), g);
            scales[g] = d * scale;
            minimums[g] = -(dmin * minimum);
        }
    }
}
