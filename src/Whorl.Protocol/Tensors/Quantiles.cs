namespace Whorl.Protocol.Tensors;

/// <summary>numpy's linear quantiles in float32, and hivemind's quantiles of quantiles for long arrays.</summary>
internal static class Quantiles
{
    private const int MinChunk = 100_000;

    /// <summary>
    /// <paramref name="count"/> evenly spaced quantiles from 0 to 1. Arrays longer than 10^5 are cut into chunks of at least that, of about
    /// equal length, and the quantiles taken of all the chunks' quantiles.
    /// </summary>
    public static float[] OfQuantiles(ReadOnlySpan<float> values, int count)
    {
        int chunk = ChunkSize(values.Length);
        int chunks = ((values.Length - 1) / chunk) + 1;
        var partial = new float[chunks * count];
        for (int i = 0; i < chunks; i++)
        {
            int start = i * chunk;
            Linear(values.Slice(start, Math.Min(chunk, values.Length - start)), count).CopyTo(partial.AsSpan(i * count));
        }

        return Linear(partial, count);
    }

    /// <summary>Evenly spaced quantiles by numpy's method "linear": all NaN if any value is.</summary>
    public static float[] Linear(ReadOnlySpan<float> values, int count)
    {
        float[] sorted = values.ToArray();
        Array.Sort(sorted);
        var quantiles = new float[count];
        if (float.IsNaN(sorted[0]))
        {
            Array.Fill(quantiles, float.NaN); // .NET sorts NaN first
            return quantiles;
        }

        for (int i = 0; i < count; i++)
        {
            float position = (sorted.Length - 1) * (i / (float)(count - 1));
            float floor = MathF.Floor(position);
            int below = Math.Min((int)floor, sorted.Length - 1);
            int above = Math.Min(below + 1, sorted.Length - 1);
            quantiles[i] = Interpolate(sorted[below], sorted[above], position - floor);
        }

        return quantiles;
    }

    /// <summary>a + (b − a)·t, from the nearer end.</summary>
    private static float Interpolate(float a, float b, float t)
    {
        float difference = b - a;
        return t >= 0.5f ? b - (difference * (1 - t)) : a + (difference * t);
    }

    private static int ChunkSize(int length)
    {
        if (length <= MinChunk)
        {
            return MinChunk;
        }

        int chunks = length / MinChunk;
        int leftover = length % MinChunk;

        // Python's floor division: no leftover gives (-1) // chunks = -1.
        return MinChunk + (leftover == 0 ? -1 : (leftover - 1) / chunks) + 1;
    }
}
