using System.Diagnostics;

namespace Whorl;

/// <summary>
/// Tells a peer's silence from this process's own: one that hardly gets to run, because a hundred others want the same two cores, misses answers that came
/// in time.
/// </summary>
internal static class Starvation
{
    /// <summary>A process that works so many times slower than alone does not judge.</summary>
    public const double TooSlow = 8;

    /// <summary>How often something is tried at most.</summary>
    public const int MostTries = 10;

    private const int Samples = 5;

    private static readonly TimeSpan Work = TimeSpan.FromMilliseconds(5), Longest = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Gap = TimeSpan.FromMilliseconds(0.5); // between two looks at the clock: longer, and the thread did not run

    /// <summary>Does something that waits for peers, and again where it failed while this process did not get to run.</summary>
    /// <param name="work">What.</param>
    /// <param name="isSilence">Whether a failure may be for want of answers.</param>
    /// <param name="slowdown">How many times slower than alone this process works now.</param>
    public static async Task<T> RetryAsync<T>(Func<Task<T>> work, Func<Exception, bool> isSilence, Func<double> slowdown)
    {
        for (int tries = 1; ; tries++)
        {
            try
            {
                return await work();
            }
            catch (Exception e) when (isSilence(e) && tries < MostTries && slowdown() >= TooSlow)
            {
                // The next try may be luckier: others end, and what was compiled for the last one is there.
            }
        }
    }

    /// <summary>How many times slower than alone this process works now, at least 1: the least of some samples, of half a second each at most.</summary>
    public static double Measure()
    {
        double least = double.PositiveInfinity;
        for (int i = 0; i < Samples && least >= TooSlow; i++)
        {
            long start = Stopwatch.GetTimestamp(), before = start;
            TimeSpan worked = TimeSpan.Zero, all = TimeSpan.Zero;
            while (worked < Work && all < Longest)
            {
                long now = Stopwatch.GetTimestamp();
                TimeSpan step = Stopwatch.GetElapsedTime(before, now);
                worked += step < Gap ? step : TimeSpan.Zero;
                all = Stopwatch.GetElapsedTime(start, now);
                before = now;
            }

            least = Math.Min(least, worked > TimeSpan.Zero ? all / worked : double.PositiveInfinity);
        }

        return least;
    }
}
