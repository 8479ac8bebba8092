using System.Globalization;

namespace Whorl.Models;

/// <summary>Consecutive blocks of a model, both ends included.</summary>
/// <param name="First">Number of the first block, from 0.</param>
/// <param name="Last">Number of the last block, at least <paramref name="First"/>.</param>
public readonly record struct BlockRange(int First, int Last)
{
    /// <summary>How many blocks.</summary>
    public int Count => Last - First + 1;

    /// <summary>Reads <c>5..9</c> (blocks 5, 6, 7, 8 and 9) or <c>5</c> (that block alone).</summary>
    /// <exception cref="FormatException">It is neither.</exception>
    public static BlockRange Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        string[] ends = text.Split("..");
        if (ends.Length <= 2
            && int.TryParse(ends[0], NumberStyles.None, CultureInfo.InvariantCulture, out int first)
            && int.TryParse(ends[^1], NumberStyles.None, CultureInfo.InvariantCulture, out int last)
            && first <= last)
        {
            return new(first, last);
        }

        throw new FormatException($"'{text}' is not a range of blocks; write FIRST..LAST, for example 5..9, both included");
    }

    /// <summary>Splits blocks 0..count-1 into parts of nearly equal length, longer ones first.</summary>
    public static IReadOnlyList<BlockRange> Split(int count, int parts)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(parts, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(count, parts);
        List<BlockRange> ranges = [];
        for (int part = 0, first = 0; part < parts; part++)
        {
            int length = (count / parts) + (part < count % parts ? 1 : 0);
            ranges.Add(new(first, first + length - 1));
            first += length;
        }

        return ranges;
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{First}..{Last}");
}
