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
        long taken = Interlocked.Add(ref _taken, size);
        if (taken > Bytes || taken < 0)
        {
            Interlocked.Add(ref _taken, -size);
            throw new MemoryBudgetException(size, Bytes - (taken - size));
        }
    }

    /// <summary>Gives memory back.</summary>
    /// <param name="size">Bytes, as taken.</param>
    public void Give(long size) => Interlocked.Add(ref _taken, -size);
}
