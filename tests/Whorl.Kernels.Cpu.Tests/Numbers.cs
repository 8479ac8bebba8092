namespace Whorl.Kernels.Cpu.Tests;

/// <summary>Seeded values and comparisons of bits.</summary>
internal static class Numbers
{
    /// <summary>Normal-like values, mostly within ±3 scales.</summary>
    public static float[] Random(int count, int seed, float scale = 1)
    {
        var random = new Random(seed);
        var values = new float[count];
        for (int i = 0; i < count; i++)
        {
            values[i] = (float)((random.NextDouble() + random.NextDouble() + random.NextDouble() - 1.5) * 2 * scale);
        }

        return values;
    }

    /// <summary>Any bits at all: every exponent, infinities and NaNs among them, and the corners first.</summary>
    public static float[] Wild(int count, int seed)
    {
        float[] corners =
        [
            0f, -0f, 1f, -1f, float.Epsilon, -float.Epsilon, float.MaxValue, float.MinValue, float.PositiveInfinity, float.NegativeInfinity, float.NaN,
            88.72283f, 88.72284f, -87.33655f, -103.9f, -104f, 0.625f, 0.925f, 4f, -4f, 20f, 1e-38f, 3.9f, 9f, 0.5f, 2f,
        ];
        var random = new Random(seed);
        var values = new float[count];
        for (int i = 0; i < count; i++)
        {
            values[i] = i < corners.Length ? corners[i] : BitConverter.Int32BitsToSingle(random.Next(int.MinValue, int.MaxValue));
        }

        return values;
    }

    /// <summary>Equal bits; any NaN equals any other.</summary>
    public static void AssertSameBits(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual, string what = "")
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            bool same = BitConverter.SingleToInt32Bits(expected[i]) == BitConverter.SingleToInt32Bits(actual[i])
                || (float.IsNaN(expected[i]) && float.IsNaN(actual[i]));
            Assert.True(same, same ? null : $"{what}: element {i} is {actual[i]:R}, expected {expected[i]:R}");
        }
    }

    /// <summary>Within a part of the greatest magnitude expected.</summary>
    public static void AssertNear(ReadOnlySpan<double> expected, ReadOnlySpan<float> actual, double tolerance, string what = "")
    {
        Assert.Equal(expected.Length, actual.Length);
        double greatest = 1e-30;
        foreach (double value in expected)
        {
            greatest = Math.Max(greatest, Math.Abs(value));
        }

        for (int i = 0; i < expected.Length; i++)
        {
            bool near = Math.Abs(expected[i] - actual[i]) <= tolerance * greatest;
            Assert.True(near, near ? null : $"{what}: element {i} is {actual[i]:R}, expected {expected[i]:R}, off by {Math.Abs(expected[i] - actual[i]) / greatest:E1}");
        }
    }
}
