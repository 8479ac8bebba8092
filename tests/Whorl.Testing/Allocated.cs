namespace Whorl.Testing;

/// <summary>What the calling thread allocates on the managed heap.</summary>
/// <remarks>
/// A collection, which any thread may set off, counts the unused rest of the thread's allocation context (up to 8 KiB) as allocated. So what was measured
/// over one says nothing, and is measured again. One in the background does so a second time in its midst, where no count tells: each measurement begins
/// with a blocking collection, which waits for it to end.
/// </remarks>
public static class Allocated
{
    private const int Tries = 100;

    /// <summary>Bytes that a work allocates; it may be run several times.</summary>
    public static long By(Action work)
    {
        for (int i = 0; i < Tries; i++)
        {
            GC.Collect();
            int collections = GC.CollectionCount(0);
            long before = GC.GetAllocatedBytesForCurrentThread();
            work();
            long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            if (allocated == 0 || collections == GC.CollectionCount(0))
            {
                return allocated;
            }
        }

        throw new InvalidOperationException($"a collection came into each of {Tries} measurements");
    }

    /// <summary>
    /// Bytes that a work allocates; it may be run several times. What did not complete at once, because the machine was slow for a moment, is measured again
    /// once it has: another thread's bytes would not be counted.
    /// </summary>
    public static async Task<long> ByAsync(Func<ValueTask> work)
    {
        for (int i = 0; i < Tries; i++)
        {
            ValueTask running = default;
            bool isWhole = true;
            long allocated = By(() =>
            {
                if (isWhole)
                {
                    running = work();
                    isWhole = running.IsCompletedSuccessfully;
                }
            });
            await running;
            if (isWhole)
            {
                return allocated;
            }
        }

        throw new InvalidOperationException($"the work completed at once in none of {Tries} tries");
    }
}
