namespace Whorl.Formats.Tests;

/// <summary>
/// A clock on which the client's waits, a second and longer, pass at once and are noted; its patience takes its real time.
/// </summary>
internal sealed class ImpatientClock(TimeSpan patience) : TimeProvider
{
    private static readonly TimeSpan ShortestWait = TimeSpan.FromSeconds(1);
    private readonly Lock _gate = new();
    private readonly List<TimeSpan> _waits = [];

    public IReadOnlyList<TimeSpan> Waits
    {
        get
        {
            lock (_gate)
            {
                return [.. _waits];
            }
        }
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        if (dueTime == patience || dueTime < ShortestWait || dueTime == Timeout.InfiniteTimeSpan)
        {
            return System.CreateTimer(callback, state, dueTime, period);
        }

        lock (_gate)
        {
            _waits.Add(dueTime);
        }

        return System.CreateTimer(callback, state, TimeSpan.Zero, period);
    }
}
