using System.Diagnostics;

namespace Whorl.Bench.LlamaCpp;

/// <summary>Where the machine's two cores stand to each other: a cache line is passed to and fro, which takes longer across chiplets.</summary>
internal static class MemoryState
{
    private static long _ball;

    /// <summary>The better of some rounds, in nanoseconds a round trip; below 200 the cores share a cache (near), above they do not (far).</summary>
    public static double RoundTrip()
    {
        double best = double.MaxValue;
        for (int i = 0; i < 5; i++)
        {
            best = Math.Min(best, Play(20_000));
        }

        return best;
    }

    private static double Play(int rounds)
    {
        Volatile.Write(ref _ball, 0);
        Thread other = new(() =>
        {
            for (long i = 1; i < 2 * rounds; i += 2)
            {
                while (Volatile.Read(ref _ball) != i)
                {
                    Thread.SpinWait(1);
                }

                Volatile.Write(ref _ball, i + 1);
            }
        });
        other.Start();
        long start = Stopwatch.GetTimestamp();
        for (long i = 0; i < 2 * rounds; i += 2)
        {
            Volatile.Write(ref _ball, i + 1);
            while (Volatile.Read(ref _ball) != i + 2)
            {
                Thread.SpinWait(1);
            }
        }

        double elapsed = Stopwatch.GetElapsedTime(start).TotalNanoseconds;
        other.Join();
        return elapsed / rounds;
    }
}
