namespace Whorl.Formats;

/// <summary>Arithmetic of shapes that a file could have made up.</summary>
internal static class TensorShape
{
    /// <summary>The most dimensions a file may give a tensor: NumPy's limit is 64, no weight has more than 5.</summary>
    public const int MaxDimensions = 32;

    /// <summary>The number of elements, or null where a size is negative or the product exceeds 2^63 - 1.</summary>
    public static long? Count(IReadOnlyList<long> shape)
    {
        Int128 count = 1;
        bool empty = false;
        foreach (long size in shape)
        {
            if (size < 0)
            {
                return null;
            }

            empty |= size == 0;
            count *= Math.Max(1, size);
            if (count > long.MaxValue)
            {
                return null;
            }
        }

        return empty ? 0 : (long)count;
    }
}
