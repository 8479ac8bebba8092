using System.Runtime.CompilerServices;

namespace Whorl.Tensors;

/// <summary>
/// The head of Q4_K and Q5_K: <c>f16 d, dmin; u8 packed[12]</c> with eight 6-bit scales and eight 6-bit minimums. Groups 0 to 3 lie in
/// the low 6 bits of bytes 0 to 3 (scales) and 4 to 7 (minimums); of groups 4 to 7 the low 4 bits lie in bytes 8 to 11 (scale in the low
/// nibble) and the upper 2 in the upper bits of bytes 0 to 7.
/// </summary>
public static class SixBitScales
{
    /// <summary>Bytes of the head.</summary>
    public const int HeadBytes = 16;

    /// <summary>The scale and the minimum of a group, 0 to 63 each.</summary>
    /// <param name="block">The block, from its beginning.</param>
    /// <param name="group">0 to 7.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (int Scale, int Min) Codes(ReadOnlySpan<byte> block, int group)
    {
        ReadOnlySpan<byte> packed = block[4..HeadBytes];
        return group < 4
            ? (packed[group] & 63, packed[group + 4] & 63)
            : ((packed[group + 4] & 15) | (packed[group - 4] >> 6 << 4), (packed[group + 4] >> 4) | (packed[group] >> 6 << 4));
    }

    /// <summary>The scales, and the minimums that are added, multiplied out: the products are exact.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Read(ReadOnlySpan<byte> block, Span<float> scales, Span<float> minimums)
    {
        float scale = Half16.Read(block, 0), min = Half16.Read(block, 2);
        for (int g = 0; g < 8; g++)
        {
            (int scaleCode, int minCode) = Codes(block, g);
            (scales[g], minimums[g]) = (scale * scaleCode, -(min * minCode));
        }
    }

    /// <summary>Chooses d and dmin by the largest scale and minimum, and stores all rounded to 6 bits.</summary>
    internal static void Write(ReadOnlySpan<float> scales, ReadOnlySpan<float> mins, Span<byte> block)
    {
        float maxScale = ScaleSearch.LargestOrZero(scales);
        float maxMin = ScaleSearch.LargestOrZero(mins);
        float inverseScale = maxScale > 0 ? 63f / maxScale : 0f;
        float inverseMin = maxMin > 0 ? 63f / maxMin : 0f;
        Span<byte> packed = block[4..HeadBytes];
        packed.Clear();
        for (int g = 0; g < 8; g++)
        {
            // As bytes before the cut to 63, as ggml does: a negative scale wraps.
            int scale = Math.Min(63, (int)(byte)ScaleSearch.NearestInt(inverseScale * scales[g]));
            int min = Math.Min(63, (int)(byte)ScaleSearch.NearestInt(inverseMin * mins[g]));
            if (g < 4)
            {
                packed[g] = (byte)scale;
                packed[g + 4] = (byte)min;
            }
            else
            {
                packed[g + 4] = (byte)((scale & 15) | ((min & 15) << 4));
                packed[g - 4] |= (byte)((scale >> 4) << 6);
                packed[g] |= (byte)((min >> 4) << 6);
            }
        }

        Half16.Write(block, 0, maxScale / 63f);
        Half16.Write(block, 2, maxMin / 63f);
    }

    /// <summary>Chooses scales, minimums and codes (0 to <paramref name="maxCode"/>) of 256 values, and writes the head.</summary>
    internal static void Quantise(ReadOnlySpan<float> values, int maxCode, in SearchSteps steps, Span<byte> block, Span<byte> codes)
    {
        Span<float> scales = stackalloc float[8];
        Span<float> mins = stackalloc float[8];
        Span<float> weights = stackalloc float[32];
        for (int g = 0; g < 8; g++)
        {
            ReadOnlySpan<float> group = values.Slice(32 * g, 32);
            Weigh(group, weights);
            (scales[g], mins[g]) = ScaleSearch.WithMinimum(group, weights, maxCode, codes.Slice(32 * g, 32), steps);
        }

        Write(scales, mins, block);
        Read(block, scales, mins);
        for (int g = 0; g < 8; g++)
        {
            ScaleSearch.Requantise(values.Slice(32 * g, 32), scales[g], -mins[g], maxCode, codes.Slice(32 * g, 32));
        }
    }

    /// <summary>An element's weight in the error: its size and the group's root mean square.</summary>
    private static void Weigh(ReadOnlySpan<float> group, Span<float> weights)
    {
        float squares = 0;
        foreach (float value in group)
        {
            squares += value * value;
        }

        float typical = MathF.Sqrt(squares / group.Length);
        for (int i = 0; i < group.Length; i++)
        {
            weights[i] = typical + MathF.Abs(group[i]);
        }
    }
}
