using System.Diagnostics.CodeAnalysis;

namespace Whorl.Dht.Kademlia;

/// <summary>
/// The nodes whose ids share a prefix, least recently seen first, and those that wait to replace them (Kademlia, sections 2.2 and 4.1).
/// </summary>
/// <typeparam name="TPeer">How a node is reached.</typeparam>
/// <param name="prefix">The lowest id of the bucket.</param>
/// <param name="depth">How many high bits of an id must equal the prefix'.</param>
/// <param name="size">The most nodes, k; as many more may wait.</param>
internal sealed class KBucket<TPeer>(DhtId prefix, int depth, int size)
    where TPeer : notnull
{
    private readonly LinkedList<(DhtId Id, TPeer Peer)> _nodes = [];
    private readonly LinkedList<(DhtId Id, TPeer Peer)> _waiting = [];
    private readonly HashSet<DhtId> _pinged = [];

    /// <summary>How many high bits the bucket's ids share.</summary>
    public int Depth => depth;

    /// <summary>The nodes in use.</summary>
    public IReadOnlyCollection<(DhtId Id, TPeer Peer)> Nodes => _nodes;

    /// <summary>Whether an id belongs here.</summary>
    public bool Covers(DhtId id) => prefix.CommonPrefixLength(id) >= depth;

    /// <summary>Notes a node as just seen.</summary>
    /// <returns>False where the bucket is full; the node then waits, in the place of the one that has waited longest where too many
    /// do.</returns>
    public bool AddOrUpdate(DhtId id, TPeer peer)
    {
        _pinged.Remove(id);
        bool known = RemoveFrom(_nodes, id);
        if (known || _nodes.Count < size)
        {
            RemoveFrom(_waiting, id);
            _nodes.AddLast((id, peer));
            return true;
        }

        RemoveFrom(_waiting, id);
        _waiting.AddLast((id, peer));
        if (_waiting.Count > size)
        {
            _waiting.RemoveFirst();
        }

        return false;
    }

    /// <summary>Removes a node; the one that began to wait last takes its place.</summary>
    public void Remove(DhtId id)
    {
        _pinged.Remove(id);
        RemoveFrom(_waiting, id);
        if (RemoveFrom(_nodes, id) && _waiting.Last is { } replacement)
        {
            _waiting.RemoveLast();
            _nodes.AddLast(replacement.Value);
        }
    }

    /// <summary>The least recently seen node that nobody has been told to ping since; it counts as told from now on.</summary>
    public bool TryTakeNodeToPing([MaybeNullWhen(false)] out TPeer peer)
    {
        foreach ((DhtId id, TPeer candidate) in _nodes)
        {
            if (_pinged.Add(id))
            {
                peer = candidate;
                return true;
            }
        }

        peer = default;
        return false;
    }

    /// <summary>Two buckets one bit deeper, with this one's nodes.</summary>
    public (KBucket<TPeer> Zero, KBucket<TPeer> One) Split(DhtId prefixOfOne)
    {
        var zero = new KBucket<TPeer>(prefix, depth + 1, size);
        var one = new KBucket<TPeer>(prefixOfOne, depth + 1, size);
        foreach ((DhtId id, TPeer peer) in _nodes.Concat(_waiting))
        {
            (id.BitAt(depth) ? one : zero).AddOrUpdate(id, peer);
        }

        return (zero, one);
    }

    private static bool RemoveFrom(LinkedList<(DhtId Id, TPeer Peer)> list, DhtId id)
    {
        for (LinkedListNode<(DhtId Id, TPeer Peer)>? node = list.First; node is not null; node = node.Next)
        {
            if (node.Value.Id == id)
            {
                list.Remove(node);
                return true;
            }
        }

        return false;
    }
}
