using Whorl.P2P;

namespace Whorl.Swarm;

/// <summary>Smoothed round trips to other nodes, as Petals smooths them (<c>petals/utils/ping.py</c>). No I/O and no clock: the time is given. Not thread-safe.</summary>
public sealed class PingTable
{
    private const double Weight = 0.2; // of the newest of several

    private static readonly TimeSpan Validity = TimeSpan.FromSeconds(300);

    private readonly Dictionary<PeerId, (double Seconds, DateTimeOffset At)> _pings = [];

    /// <summary>Counts a ping.</summary>
    /// <param name="peer">Who was pinged.</param>
    /// <param name="roundTrip">How long it took; null where no answer came.</param>
    /// <param name="now">When.</param>
    public void Add(PeerId peer, TimeSpan? roundTrip, DateTimeOffset now)
    {
        double seconds = roundTrip?.TotalSeconds ?? double.PositiveInfinity;
        if (_pings.TryGetValue(peer, out (double Seconds, DateTimeOffset At) before) && now - before.At < Validity
            && double.IsFinite(before.Seconds) && double.IsFinite(seconds))
        {
            seconds = (Weight * seconds) + ((1 - Weight) * before.Seconds);
        }

        _pings[peer] = (seconds, now);
    }

    /// <summary>Seconds by base58 peer id, as announcements carry them; infinite for those that did not answer, without those too old.</summary>
    public IReadOnlyDictionary<string, double> Current(DateTimeOffset now)
    {
        foreach ((PeerId peer, (_, DateTimeOffset at)) in _pings.ToArray())
        {
            if (now - at >= Validity)
            {
                _pings.Remove(peer);
            }
        }

        return _pings.ToDictionary(p => p.Key.ToString(), p => p.Value.Seconds);
    }
}
