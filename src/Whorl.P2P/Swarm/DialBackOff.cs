using System.Collections.Concurrent;

namespace Whorl.P2P.Swarm;

/// <summary>
/// Addresses that failed are not tried again at once: after 1 s, then 2, 4 … up to 10 s; but where a failure comes quickly, as that of a
/// host where nobody listens does, after twenty times as long as it took: to ask costs little there, and a peer that comes back is found
/// soon.
/// </summary>
internal sealed class DialBackOff(TimeProvider time)
{
    private const int MaxEntries = 10_000;

    private const int Rest = 20; // of what an attempt takes

    private static readonly TimeSpan Shortest = TimeSpan.FromSeconds(0.2);
    private static readonly TimeSpan First = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<Multiaddress, Entry> _failed = new();

    /// <summary>Why an address is not to be tried yet; null where it is.</summary>
    public string? ReasonAgainst(Multiaddress address) => _failed.TryGetValue(address, out Entry? entry) && entry.Until > time.GetSteadyNow() ? entry.Reason : null;

    /// <summary>Remembers a failure.</summary>
    /// <param name="address">The address.</param>
    /// <param name="reason">Why it failed.</param>
    /// <param name="took">How long the attempt took.</param>
    public void OnFailure(Multiaddress address, string reason, TimeSpan took)
    {
        DateTimeOffset now = time.GetSteadyNow();
        if (_failed.Count >= MaxEntries)
        {
            foreach ((Multiaddress old, Entry entry) in _failed)
            {
                if (entry.Until < now)
                {
                    _failed.TryRemove(old, out _);
                }
            }

            if (_failed.Count >= MaxEntries)
            {
                return; // somebody names addresses that lead nowhere faster than they are forgotten
            }
        }

        TimeSpan enough = TimeSpan.FromSeconds(Math.Clamp(took.TotalSeconds * Rest, Shortest.TotalSeconds, Longest.TotalSeconds));
        _failed.AddOrUpdate(address, _ => After(0), (_, entry) => After(entry.Failures));

        Entry After(int failures)
        {
            TimeSpan pause = First * Math.Pow(2, Math.Min(failures, 10));
            return new Entry(failures + 1, now + (pause < enough ? pause : enough), reason);
        }
    }

    public void OnSuccess(Multiaddress address) => _failed.TryRemove(address, out _);

    private sealed record Entry(int Failures, DateTimeOffset Until, string Reason);
}
