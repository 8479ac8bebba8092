using System.Diagnostics;

namespace Whorl;

/// <summary>
/// The clock of a client: before a deadline passes it looks whether this process itself gets to run. Where it does not, because a hundred others want the same
/// two cores, a peer's silence says nothing of the peer, and the deadline is put off.
/// </summary>
/// <remarks>Servers do not use it: whoever takes their time away must not get more of it by that.</remarks>
/// <param name="time">The clock underneath.</param>
/// <param name="slowdown">How many times longer than alone this process's work takes now; at least 1.</param>
internal sealed class PatientTime(TimeProvider time, Func<double> slowdown) : TimeProvider
{
    /// <summary>Shorter times are no deadlines of peers.</summary>
    public static readonly TimeSpan Least = TimeSpan.FromSeconds(1);

    /// <summary>How often a deadline is put off by its own length at most.</summary>
    public const int MostDelays = 10;

    /// <summary>A process that works so many times slower than alone does not judge.</summary>
    public const double TooSlow = 3;

    /// <summary>The one that looks at this process.</summary>
    public static PatientTime OfThisProcess { get; } = new(System, Slowdown.Now);

    /// <summary>How many times longer than alone this process's work takes now; looks anew once a second at most.</summary>
    public static double SlowdownNow => Slowdown.Now();

    /// <inheritdoc/>
    public override long TimestampFrequency => time.TimestampFrequency;

    /// <inheritdoc/>
    public override TimeZoneInfo LocalTimeZone => time.LocalTimeZone;

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => time.GetUtcNow();

    /// <inheritdoc/>
    public override long GetTimestamp() => time.GetTimestamp();

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        new PatientTimer(this, callback, state, dueTime, period);

    private sealed class PatientTimer : ITimer
    {
        private readonly PatientTime _owner;
        private readonly TimerCallback _callback;
        private readonly object? _state;
        private readonly Lock _gate = new();
        private readonly ITimer _inner;
        private TimeSpan _due;
        private TimeSpan _period;
        private int _delays;
        private int _version; // of _due: what was put off must not come back once it was changed

        public PatientTimer(PatientTime owner, TimerCallback callback, object? state, TimeSpan due, TimeSpan period)
        {
            (_owner, _callback, _state, _due, _period) = (owner, callback, state, due, period);
            _inner = owner.BeginTimer(static timer => ((PatientTimer)timer!).Fire(), this);
            _inner.Change(due, period);
        }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (_gate)
            {
                (_due, _period, _delays, _version) = (dueTime, period, 0, _version + 1);
                return _inner.Change(dueTime, period);
            }
        }

        public void Dispose() => _inner.Dispose();

        public ValueTask DisposeAsync() => _inner.DisposeAsync();

        private void Fire()
        {
            int version;
            bool mayWait;
            lock (_gate)
            {
                version = _version;
                mayWait = _period == Timeout.InfiniteTimeSpan && _due >= Least && _delays < MostDelays;
            }

            if (mayWait && _owner.IsSlow)
            {
                lock (_gate)
                {
                    if (version == _version)
                    {
                        _delays++;
                        _inner.Change(_due, Timeout.InfiniteTimeSpan);
                    }
                }

                return;
            }

            _callback(_state);
        }
    }

    private bool IsSlow => slowdown() >= TooSlow;

    private ITimer BeginTimer(TimerCallback callback, object? state) => time.CreateTimer(callback, state, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

    /// <summary>How much slower this process works than it would alone, measured by working for some milliseconds.</summary>
    private static class Slowdown
    {
        private static readonly TimeSpan Work = TimeSpan.FromMilliseconds(10), Longest = TimeSpan.FromMilliseconds(500), Validity = TimeSpan.FromSeconds(1);
        private static readonly TimeSpan Gap = TimeSpan.FromMilliseconds(0.5); // between two looks at the clock: longer, and the thread did not run
        private static readonly Lock Gate = new();
        private static double _last = 1;
        private static long? _at;

        public static double Now()
        {
            lock (Gate)
            {
                if (_at is { } at && Stopwatch.GetElapsedTime(at) < Validity)
                {
                    return _last;
                }

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

                _last = worked > TimeSpan.Zero ? all / worked : double.PositiveInfinity;
                _at = before;
                return _last;
            }
        }
    }
}
