using Whorl.P2P;

namespace Whorl.Swarm;

/// <summary>Peers that failed and are passed over for a while: for 15 seconds, and twice as long after every further failure in a row. Not thread-safe.</summary>
/// <param name="time">The clock.</param>
public sealed class PeerBans(TimeProvider time)
{
    private const int MaxDoublings = 8; // about an hour

    private static readonly TimeSpan First = TimeSpan.FromSeconds(15); // Petals' ban_timeout

    private readonly Dictionary<PeerId, (int Failures, DateTimeOffset Until)> _bans = [];

    /// <summary>Bans a peer. That it fails while it is banned lengthens nothing: such failures are of calls that were under way.</summary>
    public void Add(PeerId peer)
    {
        if (!Contains(peer))
        {
            int failures = _bans.TryGetValue(peer, out (int Failures, DateTimeOffset Until) before) ? before.Failures : 0;
            _bans[peer] = (failures + 1, time.GetUtcNow() + (First * (1 << Math.Min(failures, MaxDoublings))));
        }
    }

    /// <summary>Whether a peer is banned now.</summary>
    public bool Contains(PeerId peer) => _bans.TryGetValue(peer, out (int Failures, DateTimeOffset Until) ban) && time.GetUtcNow() < ban.Until;

    /// <summary>Forgets a peer's failures: it has done what it was asked.</summary>
    public void Lift(PeerId peer) => _bans.Remove(peer);
}
