using Whorl.Models;
using Whorl.P2P;
using Whorl.Swarm;

namespace Whorl.Client.Routing;

/// <summary>
/// What a client knows of a model's servers: who announces which blocks, how far away they are, and who has failed lately. Looked up anew
/// when it is older than a minute, or lacks a block. Safe for many threads.
/// </summary>
/// <param name="source">Looks, and pings.</param>
/// <param name="prefix">The model's prefix in the swarm.</param>
/// <param name="blocks">Number of the model's blocks.</param>
/// <param name="time">The clock.</param>
/// <param name="random">Draws whom to ping, and routes that share the load.</param>
public sealed class SwarmView(ISwarmSource source, string prefix, int blocks, TimeProvider time, Random random)
{
    private const int MostAtOnce = 64; // pings in a crowd of strangers
    private const int MostReasons = 4; // that an error names
    private const int MaxPinged = 3; // of each kind of server; this and the times below are those of Petals' client

    private static readonly TimeSpan Validity = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan PingTimeout = TimeSpan.FromSeconds(2);

    /// <summary>Who has not answered a ping after this, and after so many times the longest of the others', is passed over where they hold all blocks.</summary>
    private static readonly TimeSpan LeastPatience = TimeSpan.FromMilliseconds(300);

    private const int SlowerThanOthers = 4;

    private readonly Lock _gate = new();
    private readonly PingTable _pings = new();
    private readonly RouteCosts _costs = new();
    private readonly PeerBans _bans = new(time);
    private IReadOnlyList<BlockServer> _servers = [];
    private DateTimeOffset? _seen;
    private bool _isWary; // somebody has failed since the swarm was looked at: those that have answered a ping come first

    /// <summary>The model's prefix in the swarm.</summary>
    public string Prefix => prefix;

    /// <summary>The clock.</summary>
    internal TimeProvider Time => time;

    /// <summary>All blocks of the model.</summary>
    public BlockRange Range => new(0, blocks - 1);

    /// <summary>The servers through which a token comes soonest.</summary>
    /// <param name="range">The blocks: all, or those of a server that must be replaced.</param>
    /// <param name="tokens">Tokens that the session reserves memory for.</param>
    /// <param name="failed">Servers not to take, and why not.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="NoRouteException">Nobody else holds some of the blocks; the message names them, and those that failed.</exception>
    public Task<IReadOnlyList<RouteHop>> FindFastestAsync(
        BlockRange range, int tokens, IReadOnlyDictionary<PeerId, string> failed, CancellationToken cancellationToken) =>
        FindAsync(range, failed, (servers, pings) => FastestRoute.Find(servers, range, pings, tokens, _costs.Current(rows: 1, time.GetUtcNow())), cancellationToken);

    /// <summary>Servers drawn so that clients share them by their throughput.</summary>
    /// <inheritdoc cref="FindFastestAsync"/>
    public Task<IReadOnlyList<RouteHop>> DrawAsync(BlockRange range, IReadOnlyDictionary<PeerId, string> failed, CancellationToken cancellationToken) =>
        FindAsync(range, failed, (servers, pings) => BalancedRoute.Draw(servers, range, pings, random), cancellationToken);

    /// <summary>
    /// Pings servers that nobody has heard of yet, many at once, until those that answered hold all blocks: after one has failed, so that a crowd
    /// of names that lead nowhere is not tried one by one.
    /// </summary>
    /// <param name="range">The blocks.</param>
    /// <param name="failed">Servers not to take.</param>
    /// <param name="cancellationToken">Gives up.</param>
    internal async Task LookAroundAsync(BlockRange range, IReadOnlyDictionary<PeerId, string> failed, CancellationToken cancellationToken)
    {
        PeerId[] strangers;
        lock (_gate)
        {
            _isWary = true;
            if (IsCovered())
            {
                return;
            }

            IReadOnlyDictionary<string, double> pings = _pings.Current(time.GetUtcNow());
            strangers = [.. Usable(range, failed).Select(s => s.Peer).Distinct().Where(p => !pings.ContainsKey(p.ToString()))];
            random.Shuffle(strangers);
        }

        using CancellationTokenSource enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        ParallelOptions options = new() { MaxDegreeOfParallelism = MostAtOnce, CancellationToken = enough.Token };
        try
        {
            await Parallel.ForEachAsync(strangers, options, async (peer, token) =>
            {
                TimeSpan? trip = await source.PingAsync(peer, PingTimeout, token);
                bool isEnough;
                lock (_gate)
                {
                    _pings.Add(peer, trip, time.GetUtcNow());
                    isEnough = trip is not null && IsCovered();
                }

                if (isEnough)
                {
                    await enough.CancelAsync();
                }
            });
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // There are enough.
        }

        bool IsCovered() => MissingBlocks.Of(Answering(Usable(range, failed)).Select(s => s.Range), range).Count == 0;
    }

    /// <summary>What a server announces that holds all of some blocks; null where it does not.</summary>
    internal async Task<BlockServer?> FindHolderAsync(PeerId peer, BlockRange range, CancellationToken cancellationToken)
    {
        await RefreshAsync(Validity, cancellationToken);
        if (Known() is { } known)
        {
            return known;
        }

        await RefreshAsync(TimeSpan.Zero, cancellationToken);
        return Known();

        BlockServer? Known()
        {
            lock (_gate)
            {
                return _servers.FirstOrDefault(s => s.Peer.Equals(peer) && s.Range.First <= range.First && range.Last <= s.Range.Last);
            }
        }
    }

    /// <summary>Passes a server over for a while, the longer the more often it fails.</summary>
    public void Failed(PeerId peer)
    {
        lock (_gate)
        {
            _bans.Add(peer);
        }
    }

    /// <summary>A server has computed a step.</summary>
    /// <inheritdoc cref="RouteCosts.Add"/>
    internal void Measured(PeerId peer, int rows, int blocks, TimeSpan computing)
    {
        lock (_gate)
        {
            _costs.Add(peer, rows, blocks, computing, time.GetUtcNow());
        }
    }

    /// <summary>Forgets that a server has failed: it has answered.</summary>
    public void Succeeded(PeerId peer)
    {
        lock (_gate)
        {
            _bans.Lift(peer);
        }
    }

    private async Task<IReadOnlyList<RouteHop>> FindAsync(
        BlockRange range,
        IReadOnlyDictionary<PeerId, string> failed,
        Func<IReadOnlyList<BlockServer>, IReadOnlyDictionary<string, double>, IReadOnlyList<RouteHop>> choose,
        CancellationToken cancellationToken)
    {
        bool isNew = await RefreshAsync(Validity, cancellationToken);
        if (Choose() is { Count: > 0 } route)
        {
            return route;
        }

        if (!isNew)
        {
            await RefreshAsync(TimeSpan.Zero, cancellationToken);
        }

        return Choose() is { Count: > 0 } found ? found : throw NoRoute(range, failed);

        IReadOnlyList<RouteHop> Choose()
        {
            lock (_gate)
            {
                List<BlockServer> usable = Usable(range, failed);
                IReadOnlyDictionary<string, double> pings = _pings.Current(time.GetUtcNow());
                if (_isWary && choose(Answering(usable), pings) is { Count: > 0 } sure)
                {
                    return sure; // what has gone wrong once goes no way that nobody has tried
                }

                return choose(usable, pings);
            }
        }
    }

    /// <summary>Servers that have not failed; of those that are banned only such as hold a block that no other has.</summary>
    private List<BlockServer> Usable(BlockRange range, IReadOnlyDictionary<PeerId, string> failed)
    {
        List<BlockServer> candidates = [.. _servers.Where(s => !failed.ContainsKey(s.Peer))];
        IReadOnlyList<BlockRange> missing = MissingBlocks.Of(candidates.Where(s => !_bans.Contains(s.Peer)).Select(s => s.Range), range);
        return [.. candidates.Where(s => !_bans.Contains(s.Peer) || missing.Any(m => m.First <= s.Range.Last && s.Range.First <= m.Last))];
    }

    /// <summary>Those of some servers that have answered a ping.</summary>
    private List<BlockServer> Answering(List<BlockServer> servers)
    {
        IReadOnlyDictionary<string, double> pings = _pings.Current(time.GetUtcNow());
        return [.. servers.Where(s => pings.TryGetValue(s.Peer.ToString(), out double trip) && double.IsFinite(trip))];
    }

    private NoRouteException NoRoute(BlockRange range, IReadOnlyDictionary<PeerId, string> failed)
    {
        lock (_gate)
        {
            IEnumerable<BlockServer> others = _servers.Where(s => !failed.ContainsKey(s.Peer));
            IReadOnlyList<BlockRange> missing = MissingBlocks.Of(others.Select(s => s.Range), range);
            string more = failed.Count > MostReasons ? $"; and {failed.Count - MostReasons} more" : "";
            string why = failed.Count > 0 ? $"; not used: {string.Join("; ", failed.Values.Take(MostReasons))}{more}" : "";
            return new NoRouteException($"no server of '{prefix}' in the swarm has {MissingBlocks.Name(missing)}{why}", missing);
        }
    }

    /// <returns>Whether it looked.</returns>
    private async Task<bool> RefreshAsync(TimeSpan validity, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (time.GetUtcNow() - _seen < validity)
            {
                return false;
            }
        }

        IReadOnlyList<BlockServer> servers = await source.LookAsync(cancellationToken);
        PeerId[] targets;
        lock (_gate)
        {
            targets = PingTargets(servers);
        }

        await PingAsync(servers, targets, cancellationToken);
        lock (_gate)
        {
            _servers = servers.Count > 0 ? servers : _servers; // where the DHT has nothing to tell, those known before may still be there
            _seen = time.GetUtcNow();
            _isWary = false;
        }

        return true;
    }

    /// <summary>
    /// Pings all, and waits until all have answered or those that have hold all blocks and the others are slow: these count as not there until they answer.
    /// </summary>
    private async Task PingAsync(IReadOnlyList<BlockServer> servers, PeerId[] targets, CancellationToken cancellationToken)
    {
        long start = time.GetTimestamp();
        TimeSpan longest = TimeSpan.Zero;
        HashSet<PeerId> answered = [];
        Task[] all = [.. targets.Select(MeasureAsync)];
        List<Task> open = [.. all];
        while (open.Count > 0)
        {
            using CancellationTokenSource over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            Task impatient = Task.Delay(Patience(), time, over.Token);
            Task ended = await Task.WhenAny([.. open, impatient]);
            await over.CancelAsync();
            cancellationToken.ThrowIfCancellationRequested();
            if (ended == impatient)
            {
                break;
            }

            open.Remove(ended);
            await ended;
        }

        lock (_gate)
        {
            for (int i = 0; i < targets.Length; i++)
            {
                if (!all[i].IsCompleted)
                {
                    _pings.Add(targets[i], null, time.GetUtcNow());
                }
            }
        }

        TimeSpan Patience()
        {
            lock (_gate)
            {
                if (MissingBlocks.Of(servers.Where(s => answered.Contains(s.Peer)).Select(s => s.Range), Range).Count > 0)
                {
                    return Timeout.InfiniteTimeSpan; // a ping has an end of its own
                }

                TimeSpan left = (SlowerThanOthers * longest > LeastPatience ? SlowerThanOthers * longest : LeastPatience) - time.GetElapsedTime(start);
                return left > TimeSpan.Zero ? left : TimeSpan.Zero;
            }
        }

        async Task MeasureAsync(PeerId peer)
        {
            TimeSpan? trip = await source.PingAsync(peer, PingTimeout, cancellationToken);
            lock (_gate)
            {
                _pings.Add(peer, trip, time.GetUtcNow());
                if (trip is { } measured)
                {
                    answered.Add(peer);
                    longest = measured > longest ? measured : longest;
                }
            }
        }
    }

    /// <summary>Some servers of the first block and of the last, to which this client speaks first and last, and some of those between.</summary>
    private PeerId[] PingTargets(IReadOnlyList<BlockServer> servers)
    {
        int last = blocks - 1;
        return
        [
            .. Sample(servers.Where(s => s.Holds(0)))
                .Union(Sample(servers.Where(s => s.Holds(last))))
                .Union(Sample(servers.Where(s => !s.Holds(0) && !s.Holds(last)))),
        ];
    }

    private IEnumerable<PeerId> Sample(IEnumerable<BlockServer> servers)
    {
        PeerId[] peers = [.. servers.Select(s => s.Peer).Distinct()];
        random.Shuffle(peers);
        return peers.Take(MaxPinged);
    }
}
