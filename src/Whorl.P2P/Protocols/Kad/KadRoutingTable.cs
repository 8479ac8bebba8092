namespace Whorl.P2P.Protocols.Kad;

/// <summary>Peers that answer kad, in buckets by the length of the prefix they share with this one. Lives without I/O.</summary>
internal sealed class KadRoutingTable(PeerId self)
{
    /// <summary>Peers per bucket, and per answer.</summary>
    public const int BucketSize = 20;

    private readonly KadKey _self = new(self);
    private readonly Lock _gate = new();
    private readonly Dictionary<int, List<PeerId>> _buckets = []; // most recently seen last

    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _buckets.Values.Sum(b => b.Count);
            }
        }
    }

    /// <summary>A peer was seen alive: it moves to the end of its bucket. A full bucket keeps those it knows, which have lived longer.</summary>
    public void Add(PeerId peer)
    {
        if (peer == self)
        {
            return;
        }

        lock (_gate)
        {
            int prefix = _self.CommonPrefixLength(new KadKey(peer));
            if (!_buckets.TryGetValue(prefix, out List<PeerId>? bucket))
            {
                _buckets[prefix] = bucket = [];
            }

            if (bucket.Remove(peer) || bucket.Count < BucketSize)
            {
                bucket.Add(peer);
            }
        }
    }

    /// <summary>A peer did not answer.</summary>
    public void Remove(PeerId peer)
    {
        lock (_gate)
        {
            if (_buckets.TryGetValue(_self.CommonPrefixLength(new KadKey(peer)), out List<PeerId>? bucket))
            {
                bucket.Remove(peer);
            }
        }
    }

    /// <summary>The peers nearest to a key, nearest first.</summary>
    public IReadOnlyList<PeerId> Nearest(KadKey key, int count = BucketSize)
    {
        lock (_gate)
        {
            return [.. _buckets.Values.SelectMany(b => b)
                .Select(peer => (Peer: peer, Key: new KadKey(peer)))
                .Order(Comparer<(PeerId Peer, KadKey Key)>.Create((a, b) => key.CompareDistance(a.Key, b.Key)))
                .Take(count)
                .Select(p => p.Peer)];
        }
    }
}
