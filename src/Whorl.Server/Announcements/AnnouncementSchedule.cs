using Whorl.Swarm;

namespace Whorl.Server.Petals;

/// <summary>When to announce, and until when an announcement holds. No I/O and no clock: the time is given.</summary>
/// <param name="period">Time between announcements of the same state.</param>
internal sealed class AnnouncementSchedule(TimeSpan period)
{
    private const double LeastStep = 0.001; // seconds

    private static readonly TimeSpan ShortestValidity = TimeSpan.FromSeconds(3);

    private DateTimeOffset _last;
    private ServerState? _state;
    private double _expiration;

    /// <summary>
    /// Until when an announcement made now holds: twice the period, so that one may fail; in seconds of unix time. Later than that of any before, since of two
    /// records the swarm keeps the one that expires later.
    /// </summary>
    public double NextExpiration(DateTimeOffset now)
    {
        double regular = (now + TimeSpan.FromTicks(Math.Max(2 * period.Ticks, ShortestValidity.Ticks))).ToUnixTimeMilliseconds() / 1000.0;
        return _expiration = Math.Max(regular, _expiration + LeastStep);
    }

    /// <summary>How long to wait before announcing a state: not at all where another was announced last, or none.</summary>
    public TimeSpan WaitFor(ServerState state, DateTimeOffset now)
    {
        TimeSpan left = _last + period - now;
        return _state != state || left < TimeSpan.Zero ? TimeSpan.Zero : left;
    }

    /// <summary>Remembers an announcement, taken or not: one that nobody took is made again after a period, as any other.</summary>
    public void Announced(ServerState state, DateTimeOffset now) => (_state, _last) = (state, now);
}
