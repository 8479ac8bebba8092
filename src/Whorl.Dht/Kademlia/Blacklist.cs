namespace Whorl.Dht.Kademlia;

/// <summary>
/// Peers that did not answer, left out for a time that doubles with each failure until they answer again. Not thread-safe.
/// </summary>
/// <typeparam name="TPeer">The peers.</typeparam>
/// <param name="now">The time in seconds.</param>
/// <param name="baseSeconds">The first ban.</param>
/// <param name="backoff">The factor of each further one.</param>
internal sealed class Blacklist<TPeer>(Func<double> now, double baseSeconds, double backoff)
    where TPeer : notnull
{
    /// <summary>Failures of more peers than this are not remembered, nor more than this for one peer.</summary>
    private const int MaxPeers = 4096;
    private const int MaxFailures = 16;

    private readonly TimedStorage<TPeer, int> _banned = new(now, MaxPeers);
    private readonly Dictionary<TPeer, int> _failures = [];

    /// <summary>Whether a peer is left out now.</summary>
    public bool Contains(TPeer peer) => _banned.Contains(peer);

    /// <summary>Bans a peer, unless it is banned already.</summary>
    public void RegisterFailure(TPeer peer)
    {
        if (_banned.Contains(peer))
        {
            return;
        }

        if (_failures.Count >= MaxPeers)
        {
            _failures.Clear();
        }

        int failures = _failures.GetValueOrDefault(peer);
        _banned.Store(peer, failures, now() + (baseSeconds * Math.Pow(backoff, failures)));
        _failures[peer] = Math.Min(failures + 1, MaxFailures);
    }

    /// <summary>Lifts a ban and forgets its history.</summary>
    public void RegisterSuccess(TPeer peer)
    {
        _banned.Remove(peer);
        _failures.Remove(peer);
    }
}
