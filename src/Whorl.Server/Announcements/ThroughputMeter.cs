using Whorl.Models;

namespace Whorl.Server.Petals;

/// <summary>Measures how fast this machine computes one block of a span: as Petals does, but for a third of a second at most.</summary>
/// <remarks>Only a machine that needs longer than that for a few tokens takes longer. Run it before there are sessions: it computes on the caller's thread.</remarks>
public sealed class ThroughputMeter
{
    private const int MaxSteps = 100; // Petals' number
    private const int LargestPass = 1024; // Petals' number
    private const int SmallestPass = 16;
    private const int Growth = 4;

    private static readonly TimeSpan InferenceLimit = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan ForwardLimit = TimeSpan.FromMilliseconds(200);

    private readonly DecoderSpan _span;
    private readonly TimeProvider _time;

    private ThroughputMeter(DecoderSpan span, TimeProvider time) => (_span, _time) = (span, time);

    /// <summary>Measures.</summary>
    /// <param name="span">Loaded blocks, of which the first is computed.</param>
    /// <param name="networkBits">The link's speed in bits per second; not measured, as that would need somebody at its other end.</param>
    /// <param name="time">The clock.</param>
    public static ServerThroughput Measure(DecoderSpan span, double networkBits, TimeProvider time)
    {
        ThroughputMeter meter = new(span, time);
        return new ServerThroughput(ServerThroughput.NetworkRpsOf(networkBits, span.BoundarySize), meter.MeasureForward(), meter.MeasureInference());
    }

    /// <summary>One token after the other, as the cache grows.</summary>
    private double MeasureInference()
    {
        using SessionCache cache = Open(MaxSteps + 1);
        Compute(cache, 1); // not counted
        TimeSpan took = TimeSpan.Zero;
        int steps = 0;
        while (steps < MaxSteps && took < InferenceLimit)
        {
            took += Compute(cache, 1);
            steps++;
        }

        return Rate(steps, took);
    }

    /// <summary>Ever longer passes, until the next one would take too long; the longest counts.</summary>
    private double MeasureForward()
    {
        using (SessionCache warmUp = Open(SmallestPass))
        {
            Compute(warmUp, SmallestPass); // not counted
        }

        TimeSpan all = TimeSpan.Zero;
        for (int rows = SmallestPass; ; rows *= Growth)
        {
            using SessionCache cache = Open(rows);
            TimeSpan took = Compute(cache, rows);
            all += took;
            if (rows * Growth > LargestPass || all + (took * Growth) > ForwardLimit)
            {
                return Rate(rows, took);
            }
        }
    }

    private SessionCache Open(int tokens) => _span.Open(new BlockSessionOptions(new BlockRange(_span.Range.First, _span.Range.First), tokens));

    private TimeSpan Compute(SessionCache cache, int rows)
    {
        BlockStep step = new() { Rows = rows, Input = new float[rows * _span.BoundarySize], Output = new float[rows * _span.BoundarySize] };
        long start = _time.GetTimestamp();
        _span.Forward([cache], [step]);
        return _time.GetElapsedTime(start);
    }

    /// <summary>Finite, also where a clock is too coarse to see that time has passed.</summary>
    private static double Rate(int tokens, TimeSpan took) => tokens / Math.Max(took.TotalSeconds, 1e-6);
}
