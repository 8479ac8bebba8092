using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Whorl.Dht.Kademlia;
using Whorl.Dht.Protocol;
using Whorl.P2P;
using Whorl.Protocol.Rpc;

namespace Whorl.Dht;

/// <summary>
/// A node of hivemind's DHT: it finds and stores values that expire, and unless it is a client keeps others' values. Values are opaque
/// msgpack; times are seconds of unix time. All members may be called at once from any thread.
/// </summary>
/// <remarks>
/// The contract is hivemind's: a value is held by the nodes nearest to its key until it expires or a later one comes; owners renew what
/// should last; a node that appears is given what it should hold. Addresses are not in the DHT: the host must be able to dial a peer by its
/// id.
/// </remarks>
public sealed partial class DhtNode : IAsyncDisposable
{
    private const int MaxBackgroundTasks = 1024;

    private readonly Lock _gate = new(); // guards the blacklist, the refresh queue and the random numbers
    private readonly DhtOptions _options;
    private readonly TimeProvider _time;
    private readonly Random _random;
    private readonly RpcClient _client;
    private readonly RpcServer _server;
    private readonly DhtProtocol _protocol;
    private readonly BackgroundTasks _background;
    private readonly Blacklist<PeerId> _blacklist;
    private readonly IPeerHost _host;
    private readonly ITimer? _refreshTimer;
    private readonly ITimer _cacheTimer;
    private int _disposed;

    private DhtNode(IPeerHost host, DhtOptions options, TimeProvider time, Random random, ILogger logger)
    {
        (_options, _time, _random, _host, PeerId) = (options, time, random, host, host.Id);
        _client = new RpcClient(host, time);
        _server = new RpcServer(host, time, logger);
        _background = new BackgroundTasks(MaxBackgroundTasks, logger);
        _protocol = new DhtProtocol(_client, options.NodeId ?? DhtId.Random(random), options, _background, logger);
        _blacklist = new Blacklist<PeerId>(() => Now, options.BlacklistTime.TotalSeconds, backoff: 2);
        _cacheTimer = time.CreateTimer(_ => _background.Run(RefreshCacheAsync), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        if (options.RefreshPeriod is { } period)
        {
            _refreshTimer = time.CreateTimer(_ => _background.Run(RefreshTableAsync), null, period, period);
        }

        if (!options.ClientMode)
        {
            _protocol.Serve(_server);
        }
    }

    /// <summary>This node's place in the key space.</summary>
    public DhtId Id => _protocol.Id;

    /// <summary>The time by <see cref="Now"/>: steady, and corrected where other nodes say that it is wrong.</summary>
    public DateTimeOffset UtcNow => DateTimeOffset.UnixEpoch.AddSeconds(Now);

    /// <summary>This node's identity on the network.</summary>
    public PeerId PeerId { get; }

    /// <summary>The time that expirations are compared with: seconds of unix time.</summary>
    public double Now => _protocol.Now;

    /// <summary>The nodes in the routing table, in no order.</summary>
    public IReadOnlyList<(DhtId Id, PeerId Peer)> Neighbours =>
        _protocol.Locked<IReadOnlyList<(DhtId, PeerId)>>((table, _, _) => [.. table.Nodes]);

    /// <summary>
    /// The swarm knows less of this node than it did: a node it joined through is there again after it was away, or the time was corrected. What should be
    /// found should be stored again. Whoever is told must return at once.
    /// </summary>
    public event Action? Rejoined;

    internal int BackgroundTaskCount => _background.Count;

    internal DhtProtocol Protocol => _protocol;

    /// <summary>Starts a node and lets it join.</summary>
    /// <param name="host">Dials and answers. Not disposed by the node.</param>
    /// <param name="options">How it takes part.</param>
    /// <param name="initialPeers">Nodes that are there already, with their ids; none to begin a DHT.</param>
    /// <param name="time">The clock.</param>
    /// <param name="random">Draws the node's id, and keys to refresh with.</param>
    /// <param name="logger">Null for nowhere.</param>
    /// <param name="cancellationToken">Gives up joining.</param>
    /// <exception cref="DhtBootstrapException">
    /// No initial peer took this node in: it did not answer, cannot reach this node, or has another time; the message says which for each.
    /// </exception>
    /// <exception cref="ArgumentException">An initial peer has no id.</exception>
    public static async Task<DhtNode> StartAsync(
        IPeerHost host, DhtOptions options, IReadOnlyList<PeerAddress> initialPeers, TimeProvider time, Random random, ILogger? logger,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(host);
        ArgumentNullException.ThrowIfNull(options);
        if (initialPeers.Any(peer => peer.Id is null))
        {
            throw new ArgumentException("an initial peer needs its id: /…/p2p/<id>", nameof(initialPeers));
        }

        DhtNode node = new(host, options, time, random, logger ?? NullLogger.Instance);
        try
        {
            await node.JoinAsync(initialPeers, cancellationToken).ConfigureAwait(false);
            return node;
        }
        catch
        {
            await node.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Makes this node and others known to each other, as joining does; they need not be nodes of a DHT.</summary>
    /// <param name="peers">Whom, with their ids.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>How many are nodes of a DHT and answered.</returns>
    /// <exception cref="ArgumentException">A peer has no id.</exception>
    public async Task<int> MeetAsync(IReadOnlyList<PeerAddress> peers, CancellationToken cancellationToken)
    {
        if (peers.Any(peer => peer.Id is null))
        {
            throw new ArgumentException("a node needs its id: /…/p2p/<id>", nameof(peers));
        }

        PingResponse?[] answers = await Task.WhenAll(
            peers.Select(peer => _protocol.PingAsync(peer, validate: true, cancellationToken))).ConfigureAwait(false);
        int met = answers.Count(answer => answer is not null);
        if (met > 0)
        {
            await FindNearestAsync([Id], cancellationToken).ConfigureAwait(false);
        }

        return met;
    }

    /// <summary>Signs with this node's key; null where its host has none.</summary>
    internal byte[]? Sign(byte[] message) => _host.Sign(message);

    /// <summary>Measures the round trip to a peer with one rpc_ping; a peer that is there but has no DHT counts.</summary>
    /// <returns>Null where the peer does not answer in time.</returns>
    public async Task<TimeSpan?> PingAsync(PeerAddress peer, TimeSpan timeout, CancellationToken cancellationToken)
    {
        long start = _time.GetTimestamp();
        try
        {
            byte[] request = new PingRequest(null, Validate: false).ToBytes();
            await _client.CallAsync(peer, DhtProtocol.PingMethod, request, timeout, cancellationToken).ConfigureAwait(false);
        }
        catch (ProtocolNotSupportedException)
        {
            // It answered, which is all that was asked.
        }
        catch (Exception e) when (e is IOException or TimeoutException or WireFormatException)
        {
            return null;
        }

        return _time.GetElapsedTime(start);
    }

    /// <summary>Stops answering, cancels what is under way and waits for its end.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        if (!_options.ClientMode)
        {
            DhtProtocol.Unserve(_server);
        }

        _host.PeerConnected -= OnConnected;
        if (_rejoinTimer is not null)
        {
            await _rejoinTimer.DisposeAsync().ConfigureAwait(false);
        }

        await _cacheTimer.DisposeAsync().ConfigureAwait(false);
        if (_refreshTimer is not null)
        {
            await _refreshTimer.DisposeAsync().ConfigureAwait(false);
        }

        await _background.DisposeAsync().ConfigureAwait(false);
    }

    private Task RefreshTableAsync(CancellationToken cancellationToken)
    {
        DhtId target;
        lock (_gate)
        {
            target = DhtId.Random(_random);
        }

        return LookUpAsync([target], sufficient: Now, isRefresh: true, cancellationToken);
    }
}
