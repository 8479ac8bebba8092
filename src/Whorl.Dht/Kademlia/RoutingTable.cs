using System.Diagnostics.CodeAnalysis;

namespace Whorl.Dht.Kademlia;

/// <summary>
/// The nodes that this node knows, in buckets that are the finer the nearer they are (Kademlia, section 2.4 with the relaxed splitting of
/// section 4.2, as hivemind's routing.py). Not thread-safe.
/// </summary>
/// <typeparam name="TPeer">How a node is reached; a peer may be in the table under one id at a time.</typeparam>
/// <param name="self">This node's id, which is never in the table.</param>
/// <param name="bucketSize">The most nodes of a bucket, k.</param>
/// <param name="depthModulo">A full bucket splits if it covers this node's id or its depth is no multiple of this, b.</param>
internal sealed class RoutingTable<TPeer>(DhtId self, int bucketSize, int depthModulo)
    where TPeer : notnull
{
    private readonly List<KBucket<TPeer>> _buckets = [new(default, 0, bucketSize)];
    private readonly Dictionary<TPeer, DhtId> _ids = [];

    /// <summary>The number of buckets.</summary>
    public int BucketCount => _buckets.Count;

    /// <summary>The nodes in use, in no order.</summary>
    public IEnumerable<(DhtId Id, TPeer Peer)> Nodes => _buckets.SelectMany(bucket => bucket.Nodes);

    /// <summary>Whether a node is in use or was noted while its bucket was full, under this id and this peer.</summary>
    public bool Contains(DhtId id, TPeer peer) => _ids.TryGetValue(peer, out DhtId known) && known == id;

    /// <summary>Notes a node as just seen.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="peer">How it is reached. Where the peer was known under another id, that one goes.</param>
    /// <param name="toPing">Where its bucket is full: the node seen least recently, whose death would make room.</param>
    /// <returns>Whether there is a node to ping.</returns>
    public bool AddOrUpdate(DhtId id, TPeer peer, [MaybeNullWhen(false)] out TPeer toPing)
    {
        toPing = default;
        if (id == self)
        {
            return false;
        }

        if (_ids.TryGetValue(peer, out DhtId old) && old != id)
        {
            Remove(peer);
        }

        while (true)
        {
            int index = IndexOf(id);
            KBucket<TPeer> bucket = _buckets[index];
            bool added = bucket.AddOrUpdate(id, peer);
            Remember(id, peer);
            if (added)
            {
                return false;
            }

            bool maySplit = bucket.Depth < DhtId.Bits - 1 && (bucket.Covers(self) || bucket.Depth % depthModulo != 0);
            if (!maySplit)
            {
                return bucket.TryTakeNodeToPing(out toPing);
            }

            (KBucket<TPeer> zero, KBucket<TPeer> one) = bucket.Split(WithBit(id, bucket.Depth));
            _buckets[index] = zero;
            _buckets.Add(one);
        }
    }

    /// <summary>Forgets a peer that did not answer.</summary>
    public void Remove(TPeer peer)
    {
        if (_ids.Remove(peer, out DhtId id))
        {
            _buckets[IndexOf(id)].Remove(id);
        }
    }

    /// <summary>The nearest nodes in use.</summary>
    /// <param name="target">What they should be near to.</param>
    /// <param name="count">The most nodes.</param>
    /// <param name="exclude">A node to leave out, or null.</param>
    /// <returns>Nearest first.</returns>
    public List<(DhtId Id, TPeer Peer)> Nearest(DhtId target, int count, DhtId? exclude = null) =>
        [.. Nodes.Where(node => node.Id != exclude).OrderBy(node => node.Id.DistanceTo(target)).Take(count)];

    /// <summary>The first bits of an id up to a depth, then a one, then zeros.</summary>
    private static DhtId WithBit(DhtId id, int depth)
    {
        byte[] bytes = id.ToBytes();
        int at = depth / 8;
        byte bit = (byte)(0x80 >> (depth % 8));
        bytes[at] = (byte)((bytes[at] & ~(bit - 1) & 0xff) | bit);
        Array.Clear(bytes, at + 1, DhtId.Bytes - at - 1);
        return DhtId.FromBytes(bytes);
    }

    private int IndexOf(DhtId id) => _buckets.FindIndex(bucket => bucket.Covers(id));

    private void Remember(DhtId id, TPeer peer)
    {
        _ids[peer] = id;

        // Nodes that waited and were pushed out are forgotten here in one go, before they add up.
        if (_ids.Count > 4 * bucketSize * _buckets.Count)
        {
            HashSet<TPeer> inUse = [.. Nodes.Select(node => node.Peer)];
            foreach (TPeer gone in _ids.Keys.Where(known => !inUse.Contains(known)).ToList())
            {
                _ids.Remove(gone);
            }
        }
    }
}
