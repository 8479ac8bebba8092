using Whorl.P2P.Multiformats;

namespace Whorl.P2P.Swarm;

/// <summary>The open connections by peer; closes idle ones when there are too many.</summary>
internal sealed class ConnectionPool(int lowWater, int highWater, TimeProvider time)
{
    /// <summary>A connection younger than this is not closed for being idle.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(20);

    /// <summary>Used so lately, a connection without streams keeps its place in a full house, and one with streams.</summary>
    private static readonly TimeSpan Freshness = TimeSpan.FromSeconds(2), Stillness = TimeSpan.FromSeconds(15);

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

    /// <summary>
    /// Room for one more connection that a peer has opened: where there is none, the one of the fullest host that is used least makes way, without streams
    /// before with streams that nothing is sent over; one that was used a moment ago never does.
    /// </summary>
    /// <param name="host">Where the new one comes from; null where that is not known.</param>
    /// <param name="most">The most connections of all.</param>
    /// <param name="mostPerHost">The most from one host, this machine itself excepted.</param>
    /// <param name="victim">The connection to close; null where there is room.</param>
    /// <returns>False where there is no room and none makes way.</returns>
    public bool TryMakeRoom(string? host, int most, int mostPerHost, out Connection? victim)
    {
        lock (_gate)
        {
            victim = null;
            List<Connection> open = [.. _byPeer.Values.SelectMany(c => c)];
            IEnumerable<Connection> among;
            if (host is not null && host != HostGroup.Loopback && open.Count(c => c.RemoteHost == host && !c.IsRelayed) >= mostPerHost)
            {
                among = open.Where(c => c.RemoteHost == host);
            }
            else if (_count >= most)
            {
                among = open.GroupBy(c => c.RemoteHost).MaxBy(group => group.Count()) ?? Enumerable.Empty<Connection>();
            }
            else
            {
                return true;
            }

            victim = among
                .Where(c => !c.IsProtected && c.Session.SinceUsed > (c.Session.OpenStreams == 0 ? Freshness : Stillness))
                .OrderBy(c => c.Session.OpenStreams > 0)
                .ThenByDescending(c => c.Session.SinceUsed)
                .FirstOrDefault();
            return victim is not null;
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
