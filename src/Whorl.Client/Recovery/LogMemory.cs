namespace Whorl.Client.Recovery;

/// <summary>What the logs of one session may hold in memory together; beyond it they go to disk. Safe for many threads.</summary>
/// <param name="maxBytes">The most.</param>
internal sealed class LogMemory(long maxBytes)
{
    private long _taken;

    /// <summary>Bytes taken and not given back.</summary>
    public long Taken => Interlocked.Read(ref _taken);

    /// <summary>Takes bytes where there is room for them.</summary>
    public bool TryTake(long bytes)
    {
        for (long taken = Taken; taken + bytes <= maxBytes;)
        {
            long seen = Interlocked.CompareExchange(ref _taken, taken + bytes, taken);
            if (seen == taken)
            {
                return true;
            }

            taken = seen;
        }

        return false;
    }

    /// <summary>Takes bytes that are needed in any case: the little by which a page grows.</summary>
    public void Take(long bytes) => Interlocked.Add(ref _taken, bytes);

    /// <summary>Gives bytes back.</summary>
    public void Return(long bytes) => Interlocked.Add(ref _taken, -bytes);
}
