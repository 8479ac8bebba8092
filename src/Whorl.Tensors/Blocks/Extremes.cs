namespace Whorl.Tensors;

/// <summary>The sizes by which quantisers choose their scales.</summary>
internal static class Extremes
{
    /// <summary>The element of largest size with its sign, the first among equals; 0 where all are zeros.</summary>
    public static float LargestWithSign(ReadOnlySpan<float> values)
    {
        float size = 0;
        float largest = 0;
        foreach (float value in values)
        {
            if (size < MathF.Abs(value))
            {
                size = MathF.Abs(value);
                largest = value;
            }
        }

        return largest;
    }

    /// <summary>The smallest and the largest element.</summary>
    public static (float Min, float Max) Range(ReadOnlySpan<float> values)
    {
        float min = values[0];
        float max = values[0];
        foreach (float value in values[1..])
        {
            min = value < min ? value : min;
            max = value > max ? value : max;
        }

        return (min, max);
    }
}
