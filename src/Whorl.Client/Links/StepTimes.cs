using System.Numerics;

namespace Whorl.Client.Links;

/// <summary>How long a server's steps have taken, by their number of rows. No I/O and no clock. Not thread-safe.</summary>
internal sealed class StepTimes
{
    private const int Kept = 128; // of each size: enough for a 99th percentile, few enough to follow a server that becomes slower

    private readonly List<TimeSpan>[] _times = [.. Enumerable.Range(0, 32).Select(_ => new List<TimeSpan>())];
    private readonly int[] _next = new int[32];

    /// <summary>Remembers a step.</summary>
    public void Add(int rows, TimeSpan time)
    {
        int size = SizeOf(rows);
        if (_times[size].Count < Kept)
        {
            _times[size].Add(time);
        }
        else
        {
            _times[size][_next[size]] = time;
            _next[size] = (_next[size] + 1) % Kept;
        }
    }

    /// <summary>
    /// What 99 of 100 steps of about so many rows stay below: of those of that size (a power of two of rows); where there were none, of the next
    /// smaller one that there were, taken as often as the rows are more; else of the next larger one. Null where there was no step yet.
    /// </summary>
    public TimeSpan? Slow(int rows)
    {
        int size = SizeOf(rows);
        for (int smaller = size; smaller >= 0; smaller--)
        {
            if (_times[smaller].Count > 0)
            {
                return Percentile(_times[smaller]) * (1L << (size - smaller));
            }
        }

        int larger = Array.FindIndex(_times, size, t => t.Count > 0);
        return larger < 0 ? null : Percentile(_times[larger]);
    }

    private static int SizeOf(int rows) => rows <= 1 ? 0 : BitOperations.Log2((uint)rows);

    /// <summary>The largest, the one in a hundred aside.</summary>
    private static TimeSpan Percentile(List<TimeSpan> times)
    {
        TimeSpan largest = TimeSpan.Zero, second = TimeSpan.Zero;
        foreach (TimeSpan time in times)
        {
            (largest, second) = time > largest ? (time, largest) : (largest, time > second ? time : second);
        }

        return times.Count >= 100 ? second : largest;
    }
}
