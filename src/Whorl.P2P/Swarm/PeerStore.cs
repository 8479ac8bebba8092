namespace Whorl.P2P.Swarm;

/// <summary>What is known of other peers: where they may be, and what they speak. Forgets by time and bounds itself.</summary>
internal sealed class PeerStore(TimeProvider time)
{
    /// <summary>The least recently touched peers are forgotten beyond so many.</summary>
    public const int MaxPeers = 4096;

    /// <summary>Further addresses of one peer replace those that expire first.</summary>
    public const int MaxAddressesPerPeer = 32;

    /// <summary>How long addresses from a peer's own identify are kept.</summary>
    public static readonly TimeSpan IdentifiedLifetime = TimeSpan.FromMinutes(30);

    /// <summary>How long addresses from hearsay are kept.</summary>
    public static readonly TimeSpan HeardLifetime = TimeSpan.FromMinutes(10);

    private readonly Lock _gate = new();
    private readonly Dictionary<PeerId, Entry> _peers = [];

    /// <summary>Adds addresses, or prolongs them.</summary>
    public void AddAddresses(PeerId peer, IEnumerable<Multiaddress> addresses, TimeSpan lifetime)
    {
        DateTimeOffset now = time.GetSteadyNow();
        DateTimeOffset expiry = lifetime == Timeout.InfiniteTimeSpan ? DateTimeOffset.MaxValue : now + lifetime;
        lock (_gate)
        {
            Entry entry = Touch_NeedsLock(peer, now);
            entry.IsPermanent |= lifetime == Timeout.InfiniteTimeSpan;
            foreach (Multiaddress address in addresses)
            {
                Multiaddress? plain = address.PeerId == peer ? address.WithoutPeer() : address;
                if (plain is not null && (!entry.Addresses.TryGetValue(plain, out DateTimeOffset known) || known < expiry))
                {
                    entry.Addresses[plain] = expiry;
                }
            }

            while (entry.Addresses.Count > MaxAddressesPerPeer)
            {
                entry.Addresses.Remove(entry.Addresses.MinBy(a => a.Value).Key);
            }
        }
    }

    /// <summary>The addresses that are still believed, without a trailing <c>/p2p/…</c>.</summary>
    public IReadOnlyList<Multiaddress> GetAddresses(PeerId peer)
    {
        DateTimeOffset now = time.GetSteadyNow();
        lock (_gate)
        {
            return _peers.TryGetValue(peer, out Entry? entry) ? [.. entry.Addresses.Where(a => a.Value > now).Select(a => a.Key)] : [];
        }
    }

    public void SetProtocols(PeerId peer, IEnumerable<string> protocols)
    {
        lock (_gate)
        {
            Touch_NeedsLock(peer, time.GetSteadyNow()).Protocols = protocols.ToHashSet(StringComparer.Ordinal);
        }
    }

    public bool Speaks(PeerId peer, string protocol)
    {
        lock (_gate)
        {
            return _peers.TryGetValue(peer, out Entry? entry) && entry.Protocols.Contains(protocol);
        }
    }

    private Entry Touch_NeedsLock(PeerId peer, DateTimeOffset now)
    {
        if (!_peers.TryGetValue(peer, out Entry? entry))
        {
            if (_peers.Count >= MaxPeers)
            {
                _peers.Remove(_peers.Where(p => !p.Value.IsPermanent).DefaultIfEmpty(_peers.First()).MinBy(p => p.Value.Touched).Key);
            }

            _peers[peer] = entry = new Entry();
        }

        entry.Touched = now;
        return entry;
    }

    private sealed class Entry
    {
        public Dictionary<Multiaddress, DateTimeOffset> Addresses { get; } = [];

        public HashSet<string> Protocols { get; set; } = [];

        public DateTimeOffset Touched { get; set; }

        /// <summary>Whether an address of it is believed for ever: those of the options are.</summary>
        public bool IsPermanent { get; set; }
    }
}
