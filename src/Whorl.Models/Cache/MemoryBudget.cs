namespace Whorl.Models;

/// <summary>How much memory sessions may take together. Safe for many threads.</summary>
/// <param name="bytes">The limit in bytes.</param>
public sealed class MemoryBudget(long bytes)
{
    private long _taken;
    private long _spare;

    /// <summary>The limit in bytes.</summary>
    public long Bytes { get; } = bytes;

    /// <summary>Bytes taken now.</summary>
    public long Taken => Interlocked.Read(ref _taken);

    /// <summary>Bytes still free, those that are spare among them.</summary>
    public long Free => Bytes - Taken;

    /// <summary>Bytes held by what is given up as soon as they are needed.</summary>
    public long Spare => Interlocked.Read(ref _spare);

    /// <summary>
    /// Who gives spare bytes back: told how many are needed, it has called <see cref="GiveSpare"/> for so many when it returns, if it has
    /// them.
    /// </summary>
    public Action<long>? Reclaim { get; set; }

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
                long over = taken + size + Spare - Bytes;
                if (over > 0)
                {
                    Reclaim?.Invoke(over);
                }

                return;
            }

            taken = seen;
        }
    }

    /// <summary>Takes memory for what is given up as soon as others need it.</summary>
    /// <param name="size">Bytes.</param>
    /// <returns>Whether so much is free, beside what is spare already.</returns>
    public bool TryTakeSpare(long size)
    {
        Interlocked.Add(ref _spare, size);
        if (Taken + Spare <= Bytes)
        {
            return true;
        }

        GiveSpare(size);
        return false;
    }

    /// <summary>Gives spare memory back.</summary>
    /// <param name="size">Bytes, as taken.</param>
    public void GiveSpare(long size) => Interlocked.Add(ref _spare, -size);

    /// <summary>Gives memory back.</summary>
    /// <param name="size">Bytes, as taken.</param>
    public void Give(long size) => Interlocked.Add(ref _taken, -size);
}
