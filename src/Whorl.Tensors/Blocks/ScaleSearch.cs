namespace Whorl.Tensors;

/// <summary>
/// How the K types choose scales: candidates are tried, for each the least-squares scale of its codes is computed, the best stays.
/// Formulas and order of arithmetic are those of ggml's <c>make_qkx2_quants</c>, <c>make_qx_quants</c> and <c>make_q3_quants</c>.
/// </summary>
internal static class ScaleSearch
{
    /// <summary>Groups whose largest element is smaller count as zeros.</summary>
    public const float Negligible = 1e-15f;

    /// <summary>Rounds to the nearest integer, ties to even, for sizes below 2^22: the mantissa of x + 1.5·2^23 is the integer.</summary>
    public static int NearestInt(float value) => (BitConverter.SingleToInt32Bits(value + 12582912f) & 0x007FFFFF) - 0x00400000;

    /// <summary>The largest element, or 0 where none is positive.</summary>
    public static float LargestOrZero(ReadOnlySpan<float> values)
    {
        float largest = 0;
        foreach (float value in values)
        {
            largest = value > largest ? value : largest;
        }

        return largest;
    }

    /// <summary>
    /// Finds scale and minimum with <c>x ≈ scale·code − min</c>, codes 0 to <paramref name="maxCode"/>, min not negative.
    /// </summary>
    /// <param name="group">The values.</param>
    /// <param name="weights">The weight of each value's error.</param>
    /// <param name="maxCode">The largest code.</param>
    /// <param name="codes">Takes the codes.</param>
    /// <param name="steps">The candidates.</param>
    public static (float Scale, float Min) WithMinimum(
        ReadOnlySpan<float> group, ReadOnlySpan<float> weights, int maxCode, Span<byte> codes, in SearchSteps steps)
    {
        (float min, float max) = Extremes.Range(group);
        float sumW = 0;
        float sumX = 0;
        for (int i = 0; i < group.Length; i++)
        {
            sumW += weights[i];
            sumX += weights[i] * group[i];
        }

        min = min > 0 ? 0 : min;
        if (max == min)
        {
            codes.Clear();
            return (0, -min);
        }

        float range = max - min;
        float scale = 1 / (maxCode / range);
        Round(group, maxCode / range, min, maxCode, codes);
        float bestError = Error(group, weights, codes, scale, min, steps.AbsoluteError);

        Span<byte> tried = stackalloc byte[group.Length];
        for (int step = 0; step <= steps.Count; step++)
        {
            float inverse = (steps.First + (steps.Step * step) + maxCode) / range;
            Round(group, inverse, min, maxCode, tried);
            if (!Fit(group, weights, tried, sumW, sumX, out float thisScale, out float thisMin))
            {
                continue;
            }

            float error = Error(group, weights, tried, thisScale, thisMin, steps.AbsoluteError);
            if (error < bestError)
            {
                tried.CopyTo(codes);
                bestError = error;
                scale = thisScale;
                min = thisMin;
                range = max - min;
            }
        }

        return (scale, -min);
    }

    /// <summary>Codes anew with the scale and minimum as they were stored; a scale of 0 leaves the codes as they are.</summary>
    public static void Requantise(ReadOnlySpan<float> group, float scale, float min, int maxCode, Span<byte> codes)
    {
        if (scale == 0)
        {
            return;
        }

        for (int i = 0; i < group.Length; i++)
        {
            codes[i] = (byte)Math.Clamp(NearestInt((group[i] + min) / scale), 0, maxCode);
        }
    }

    /// <summary>Finds a scale with <c>x ≈ scale·(code − half)</c> by trying scales about the largest element's; weights x².</summary>
    /// <param name="group">The values.</param>
    /// <param name="half">Codes go from 0 to 2·half − 1.</param>
    /// <param name="codes">Takes the codes.</param>
    public static float Symmetric(ReadOnlySpan<float> group, int half, Span<byte> codes)
    {
        float max = Extremes.LargestWithSign(group);
        if (MathF.Abs(max) < Negligible)
        {
            codes.Clear();
            return 0;
        }

        float inverse = -half / max;
        (float sumLX, float sumL2) = Project(group, inverse, half);
        RoundSymmetric(group, inverse, half, codes);
        float scale = sumL2 != 0 ? sumLX / sumL2 : 0;
        float best = scale * sumLX;
        for (int step = -9; step <= 9; step++)
        {
            if (step == 0)
            {
                continue;
            }

            inverse = -(half + (0.1f * step)) / max;
            (sumLX, sumL2) = Project(group, inverse, half);
            if (sumL2 > 0 && sumLX * sumLX > best * sumL2)
            {
                RoundSymmetric(group, inverse, half, codes);
                scale = sumLX / sumL2;
                best = scale * sumLX;
            }
        }

        return scale;
    }

    /// <summary>As <see cref="Symmetric"/>, but moves one code at a time while that lowers the error.</summary>
    public static float SymmetricByDescent(ReadOnlySpan<float> group, int half, Span<byte> codes)
    {
        const int MostRounds = 5;
        float max = Extremes.LargestWithSign(group);
        if (MathF.Abs(max) < Negligible)
        {
            codes.Clear();
            return 0;
        }

        (float sumLX, float sumL2) = Project(group, -half / max, half);
        RoundSymmetric(group, -half / max, half, codes);
        bool changed = true;
        for (int round = 0; round < MostRounds && changed; round++)
        {
            changed = false;
            for (int i = 0; i < group.Length; i++)
            {
                float x = group[i];
                float weight = x * x;
                int code = codes[i] - half;
                float otherLX = sumLX - (weight * x * code);
                if (!(otherLX > 0))
                {
                    continue;
                }

                float otherL2 = sumL2 - (weight * code * code);
                int better = Math.Clamp(NearestInt(x * otherL2 / otherLX), -half, half - 1);
                if (better == code)
                {
                    continue;
                }

                otherLX += weight * x * better;
                otherL2 += weight * better * better;
                if (otherL2 > 0 && otherLX * otherLX * sumL2 > sumLX * sumLX * otherL2)
                {
                    codes[i] = (byte)(better + half);
                    sumLX = otherLX;
                    sumL2 = otherL2;
                    changed = true;
                }
            }
        }

        return sumL2 > 0 ? sumLX / sumL2 : 0;
    }

    /// <summary>Codes anew with the scale as it was stored; a scale of 0 leaves the codes as they are.</summary>
    public static void RequantiseSymmetric(ReadOnlySpan<float> group, float scale, int half, Span<byte> codes)
    {
        if (scale == 0)
        {
            return;
        }

        for (int i = 0; i < group.Length; i++)
        {
            codes[i] = (byte)(Math.Clamp(NearestInt(group[i] / scale), -half, half - 1) + half);
        }
    }

    private static void Round(ReadOnlySpan<float> group, float inverse, float min, int maxCode, Span<byte> codes)
    {
        for (int i = 0; i < group.Length; i++)
        {
            codes[i] = (byte)Math.Clamp(NearestInt(inverse * (group[i] - min)), 0, maxCode);
        }
    }

    private static void RoundSymmetric(ReadOnlySpan<float> group, float inverse, int half, Span<byte> codes)
    {
        for (int i = 0; i < group.Length; i++)
        {
            codes[i] = (byte)(Math.Clamp(NearestInt(inverse * group[i]), -half, half - 1) + half);
        }
    }

    /// <summary>Σ w·x·l and Σ w·l² of the codes l that a scale gives, w = x².</summary>
    private static (float SumLX, float SumL2) Project(ReadOnlySpan<float> group, float inverse, int half)
    {
        float sumLX = 0;
        float sumL2 = 0;
        foreach (float x in group)
        {
            int code = Math.Clamp(NearestInt(inverse * x), -half, half - 1);
            float weight = x * x;
            sumLX += weight * x * code;
            sumL2 += weight * code * code;
        }

        return (sumLX, sumL2);
    }

    /// <summary>The weighted least-squares line through (code, x); false where the codes do not determine one.</summary>
    private static bool Fit(
        ReadOnlySpan<float> group,
        ReadOnlySpan<float> weights,
        ReadOnlySpan<byte> codes,
        float sumW,
        float sumX,
        out float scale,
        out float min)
    {
        float sumL = 0;
        float sumL2 = 0;
        float sumXL = 0;
        for (int i = 0; i < group.Length; i++)
        {
            float weighted = weights[i] * codes[i];
            sumL += weighted;
            sumL2 += weighted * codes[i];
            sumXL += weighted * group[i];
        }

        float determinant = (sumW * sumL2) - (sumL * sumL);
        scale = ((sumW * sumXL) - (sumX * sumL)) / determinant;
        min = ((sumL2 * sumX) - (sumL * sumXL)) / determinant;
        if (min > 0)
        {
            min = 0;
            scale = sumXL / sumL2;
        }

        return determinant > 0;
    }

    private static float Error(
        ReadOnlySpan<float> group, ReadOnlySpan<float> weights, ReadOnlySpan<byte> codes, float scale, float min, bool absolute)
    {
        float error = 0;
        for (int i = 0; i < group.Length; i++)
        {
            float difference = (scale * codes[i]) + min - group[i];
            error += weights[i] * (absolute ? MathF.Abs(difference) : difference * difference);
        }

        return error;
    }
}
