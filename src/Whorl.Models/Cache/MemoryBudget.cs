namespace Whorl.Models;

/// <summary>How much memory sessions may take together. Safe for many threads.</summary>
/// <param name="bytes">The limit in bytes.</param>
public sealed class MemoryBudget(long bytes)
{
    private long _taken;

    /// <summary>The limit in bytes.</summary>
    public long Bytes { get; } = bytes;

    /// <summary>Bytes taken now.</summary>
    public long Taken => Interlocked.Read(ref _taken);

    /// <summary>Bytes still free.</summary>
    public long Free => Bytes - Taken;

    /// <summary>Takes memory, or refuses.</summary>
    /// <param name="size">Bytes.</param>
    /// <exception cref="MemoryBudgetException">So much is not free.</exception>
    public void Take(long size)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(size);
        long taken = Taken;
        while (true)
        {
            if (size > Bytes - taken)
            {
                throw new MemoryBudgetException(size, Bytes - taken);
            }

            long seen = Interlocked.CompareExchange(ref _taken, taken + size, taken); // added only where it fits: a refused request must not be in others' way
            if (seen == taken)
            {
                return;
            }

            taken = seen;
        }
    }

    /// <summary>Gives memory back.</summary>
    /// <param name="size">Bytes, as taken.</param>
    public void Give(long size) => Interlocked.Add(ref _taken, -size);
}
