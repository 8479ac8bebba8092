using System.Collections.Concurrent;

namespace Whorl.P2P.Swarm;

/// <summary>Addresses that failed are not tried again at once: after 1 s, then 2, 4 … up to a minute.</summary>
internal sealed class DialBackOff(TimeProvider time)
{
    private const int MaxEntries = 10_000;

    private static readonly TimeSpan First = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<Multiaddress, (int Failures, DateTimeOffset Until)> _failed = new();

    public bool IsBlocked(Multiaddress address) => _failed.TryGetValue(address, out (int, DateTimeOffset Until) entry) && entry.Until > time.GetUtcNow();

    public void OnFailure(Multiaddress address)
    {
        DateTimeOffset now = time.GetUtcNow();
        if (_failed.Count >= MaxEntries)
        {
            foreach ((Multiaddress old, (int _, DateTimeOffset until)) in _failed)
            {
                if (until < now)
                {
                    _failed.TryRemove(old, out _);
                }
            }
        }

        _failed.AddOrUpdate(address, _ => (1, now + First), (_, entry) =>
        {
            TimeSpan pause = First * Math.Pow(2, Math.Min(entry.Failures, 10));
            return (entry.Failures + 1, now + (pause < Longest ? pause : Longest));
        });
    }

    public void OnSuccess(Multiaddress address) => _failed.TryRemove(address, out _);
}
