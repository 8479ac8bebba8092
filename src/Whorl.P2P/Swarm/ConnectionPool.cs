namespace Whorl.P2P.Swarm;

/// <summary>The open connections by peer; closes idle ones when there are too many.</summary>
internal sealed class ConnectionPool(int lowWater, int highWater, TimeProvider time)
{
    /// <summary>A connection younger than this is not closed for being idle.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(20);

    private readonly Lock _gate = new();
    private readonly Dictionary<PeerId, List<Connection>> _byPeer = [];
    private int _count;

    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _count;
            }
        }
    }

    /// <summary>All connections at this moment.</summary>
    public IReadOnlyList<Connection> Snapshot()
    {
        lock (_gate)
        {
            return [.. _byPeer.Values.SelectMany(c => c)];
        }
    }

    /// <summary>The best connection to a peer: direct before relayed, then the oldest; null where there is none.</summary>
    public Connection? Find(PeerId peer, bool directOnly = false)
    {
        lock (_gate)
        {
            return _byPeer.TryGetValue(peer, out List<Connection>? list)
                ? list.Where(c => c.IsUsable && !(directOnly && c.IsRelayed)).MinBy(c => c.IsRelayed)
                : null;
        }
    }

    public void Add(Connection connection)
    {
        lock (_gate)
        {
            if (!_byPeer.TryGetValue(connection.RemotePeer, out List<Connection>? list))
            {
                _byPeer[connection.RemotePeer] = list = [];
            }

            list.Add(connection);
            _count++;
        }
    }

    public void Remove(Connection connection)
    {
        lock (_gate)
        {
            if (_byPeer.TryGetValue(connection.RemotePeer, out List<Connection>? list) && list.Remove(connection))
            {
                _count--;
                if (list.Count == 0)
                {
                    _byPeer.Remove(connection.RemotePeer);
                }
            }
        }
    }

    /// <summary>Above the high water mark: the connections to close, idle ones, oldest first, down to the low mark.</summary>
    public IReadOnlyList<Connection> ChooseForTrimming()
    {
        lock (_gate)
        {
            return _count <= highWater
                ? []
                : [.. _byPeer.Values.SelectMany(c => c)
                    .Where(c => !c.IsProtected && c.Session.OpenStreams == 0 && time.GetElapsedTime(c.OpenedAt) > Grace)
                    .OrderBy(c => c.OpenedAt)
                    .Take(_count - lowWater)];
        }
    }
}
