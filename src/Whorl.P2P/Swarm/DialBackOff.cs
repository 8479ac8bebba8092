using System.Collections.Concurrent;

namespace Whorl.P2P.Swarm;

/// <summary>Addresses that failed are not tried again at once: after 1 s, then 2, 4 … up to 10 s, so that a peer that comes back is found soon.</summary>
internal sealed class DialBackOff(TimeProvider time)
{
    private const int MaxEntries = 10_000;

    private static readonly TimeSpan First = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<Multiaddress, Entry> _failed = new();

    /// <summary>Why an address is not to be tried yet; null where it is.</summary>
    public string? ReasonAgainst(Multiaddress address) => _failed.TryGetValue(address, out Entry? entry) && entry.Until > time.GetSteadyNow() ? entry.Reason : null;

    public void OnFailure(Multiaddress address, string reason)
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

        _failed.AddOrUpdate(address, _ => new Entry(1, now + First, reason), (_, entry) =>
        {
            TimeSpan pause = First * Math.Pow(2, Math.Min(entry.Failures, 10));
            return new Entry(entry.Failures + 1, now + (pause < Longest ? pause : Longest), reason);
        });
    }

    public void OnSuccess(Multiaddress address) => _failed.TryRemove(address, out _);

    private sealed record Entry(int Failures, DateTimeOffset Until, string Reason);
}
