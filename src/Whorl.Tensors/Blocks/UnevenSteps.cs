namespace Whorl.Tensors;

/// <summary>
/// The 16 uneven steps of the IQ4 types, and how their quantisers choose scales (ggml's <c>quantize_row_iq4_nl_impl</c>).
/// </summary>
internal static class UnevenSteps
{
    /// <summary>What a code stands for, ascending.</summary>
    public static ReadOnlySpan<sbyte> Values => [-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113];

    /// <summary>The code whose step is nearest, the larger among equals.</summary>
    public static int Nearest(float value)
    {
        ReadOnlySpan<sbyte> values = Values;
        if (!(value > values[0]))
        {
            return 0;
        }

        int upper = 1;
        while (upper < 15 && value >= values[upper])
        {
            upper++;
        }

        return value - values[upper - 1] < values[upper] - value ? upper - 1 : upper;
    }

    /// <summary>Codes for the values at a scale's inverse.</summary>
    public static void Round(ReadOnlySpan<float> group, float inverse, Span<byte> codes)
    {
        for (int i = 0; i < group.Length; i++)
        {
            codes[i] = (byte)Nearest(inverse * group[i]);
        }
    }

    /// <summary>Finds a scale with <c>x ≈ scale·Values[code]</c> by trying 16 about the largest element's; weights x².</summary>
    public static float FindScale(ReadOnlySpan<float> group)
    {
        const int Tries = 7;
        float max = Extremes.LargestWithSign(group);
        if (MathF.Abs(max) < ScaleSearch.Negligible)
        {
            return 0;
        }

        (float sumQX, float sumQ2) = Project(group, 1 / (-max / Values[0]));
        float scale = sumQ2 > 0 ? sumQX / sumQ2 : 0;
        float best = scale * sumQX;
        for (int step = -Tries; step <= Tries; step++)
        {
            (sumQX, sumQ2) = Project(group, (step + Values[0]) / max);
            if (sumQ2 > 0 && sumQX * sumQX > best * sumQ2)
            {
                scale = sumQX / sumQ2;
                best = scale * sumQX;
            }
        }

        return scale;
    }

    /// <summary>Packs codes two by two: element j and the one half a group later share byte j.</summary>
    public static void PackNibbles(ReadOnlySpan<byte> codes, Span<byte> packed)
    {
        int half = codes.Length / 2;
        for (int j = 0; j < half; j++)
        {
            packed[j] = (byte)(codes[j] | (codes[j + half] << 4));
        }
    }

    /// <summary>Σ w·q·x and Σ w·q² of the steps q that a scale gives, w = x².</summary>
    private static (float SumQX, float SumQ2) Project(ReadOnlySpan<float> group, float inverse)
    {
        float sumQX = 0;
        float sumQ2 = 0;
        foreach (float x in group)
        {
            float step = Values[Nearest(inverse * x)];
            float weight = x * x;
            sumQX += weight * step * x;
            sumQ2 += weight * step * step;
        }

        return (sumQX, sumQ2);
    }
}
