using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Whorl.P2P.Multiformats;
using Whorl.P2P.Muxers.Yamux;
using Whorl.P2P.Protocols;
using Whorl.P2P.Protocols.AutoNat;
using Whorl.P2P.Protocols.HolePunching;
using Whorl.P2P.Protocols.Identify;
using Whorl.P2P.Protocols.Kad;
using Whorl.P2P.Protocols.Ping;
using Whorl.P2P.Protocols.Relay;
using Whorl.P2P.Security;
using Whorl.P2P.Security.Noise;
using Whorl.P2P.Security.Tls;
using Whorl.P2P.Swarm;

namespace Whorl.P2P;

/// <summary>A libp2p node: TCP, Noise or TLS 1.3, yamux, identify, ping, kad peer routing, relays.</summary>
/// <remarks>
/// Connections are reused both ways. A broken connection fails its streams at once; a peer that falls silent is given up within the keep-alive times of
/// the options. Disposing waits a second for handlers to tell their callers, and never for a peer longer than another. Do not dispose it from within a handler.
/// </remarks>
public sealed class Libp2pHost : IPeerHost
{
    private readonly Switch _switch;
    private readonly TlsProtocol? _tls;
    private readonly ObservedAddresses _observed;
    private readonly IdentifyProtocol _identify;
    private readonly PingProtocol _ping;
    private readonly KadProtocol? _kad;
    private readonly Bootstrap _bootstrap;
    private readonly RelayClient _relayClient;
    private readonly AutoNatProtocol _autoNat;
    private volatile Listener[] _listeners = []; // replaced as a whole: peers come while the others are being started
    private int _disposed;

    private Libp2pHost(Libp2pOptions options, PeerIdentity identity, TimeProvider time, ILogger logger)
    {
        List<ISecurityProtocol> security = [];
        foreach (SecurityKind kind in options.Security)
        {
            security.Add(kind == SecurityKind.Noise ? new NoiseProtocol(identity) : _tls ??= new TlsProtocol(identity, time));
        }

        YamuxOptions yamux = new() { KeepAliveInterval = options.KeepAliveInterval, KeepAliveTimeout = options.KeepAliveTimeout };
        _switch = new Switch(identity, options, new ConnectionUpgrader(security, yamux, time), time, logger);
        _switch.ListeningEndPoints = () => [.. _listeners.Select(listener => listener.EndPoint)];
        _observed = new ObservedAddresses(time);
        _switch.Closed += _observed.Close;
        _switch.Opened += connection => PeerConnected?.Invoke(connection.RemotePeer);
        _identify = new IdentifyProtocol(_switch, () => ListenAddresses);
        _identify.Received += OnIdentified;
        _ping = new PingProtocol(_switch);
        _kad = options.KadMode == KadMode.Off ? null : new KadProtocol(_switch, _identify, options.KadMode, () => ListenAddresses);
        _bootstrap = new Bootstrap(_switch, _kad);
        _relayClient = new RelayClient(_switch, _identify.Push);
        _autoNat = new AutoNatProtocol(_switch, options.ServesAutoNat, () => PossibleAddresses);
        Relay = options.IsRelay ? new RelayService(_switch, options.RelayLimits, () => ListenAddresses) : null;
        if (options.PunchesHoles)
        {
            _ = new HolePunchProtocol(_switch, () => PossibleAddresses);
        }
    }

    /// <inheritdoc/>
    public PeerId Id => _switch.Id;

    /// <inheritdoc/>
    public IReadOnlyList<Multiaddress> ListenAddresses =>
    [
        .. _switch.Options.AnnounceAddresses.Count > 0 ? _switch.Options.AnnounceAddresses : BoundAddresses.Union(_observed.Believed),
        .. _relayClient.Addresses,
    ];

    /// <summary>Whether others come through relays only: there are ways through some, and no direct address that can be dialled from as far away as these.</summary>
    public bool IsReachedByRelayOnly
    {
        get
        {
            ILookup<bool, AddressScope> scopes = ListenAddresses.ToLookup(a => a.IsCircuit, AddressScopes.Of);
            return scopes[true].Any() && scopes[false].All(direct => direct < scopes[true].Max());
        }
    }

    /// <summary>How many connections are open.</summary>
    public int OpenConnections => _switch.Pool.Count;

    /// <summary>How many streams are open, those of the host's own protocols included.</summary>
    public int OpenStreams => _switch.Pool.Snapshot().Sum(c => c.Session.OpenStreams);

    internal Switch Switch => _switch;

    internal KadProtocol? Kad => _kad;

    internal RelayService? Relay { get; }

    private IEnumerable<Multiaddress> BoundAddresses => _listeners.SelectMany(listener => listener.Addresses);

    /// <summary>The listen addresses, and those where single peers see this node: worth a try, not an announcement.</summary>
    private IReadOnlyList<Multiaddress> PossibleAddresses => [.. ListenAddresses.Union(_observed.Candidates)];

    /// <summary>Starts to listen, and to connect to the bootstrap peers in the background.</summary>
    /// <param name="options">How it behaves.</param>
    /// <param name="time">The clock of every time-out; null for the system's.</param>
    /// <param name="logger">Where connections and failures are told; null for nowhere.</param>
    /// <exception cref="System.Net.Sockets.SocketException">A port is taken.</exception>
    /// <exception cref="ArgumentException">A listen address is not an IP address with a TCP port.</exception>
    public static async Task<Libp2pHost> StartAsync(Libp2pOptions options, TimeProvider? time = null, ILogger? logger = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        Libp2pHost host = new(options, options.Identity ?? PeerIdentity.Generate(), time ?? TimeProvider.System, logger ?? NullLogger.Instance);
        try
        {
            foreach (Multiaddress address in options.ListenAddresses)
            {
                host._listeners = [.. host._listeners, new Listener(host._switch, address)];
            }

            if (options.ListensByIPv6Too)
            {
                host.ListenByIPv6Too();
            }
        }
        catch
        {
            await host.DisposeAsync().ConfigureAwait(false);
            throw;
        }

        host._bootstrap.Start();
        host._relayClient.Start();
        return host;
    }

    private void ListenByIPv6Too()
    {
        IPEndPoint[] bound = [.. _listeners.Select(listener => listener.EndPoint)];
        foreach (int port in bound.Where(end => end.Address.Equals(IPAddress.Any)).Select(end => end.Port))
        {
            if (bound.Contains(new IPEndPoint(IPAddress.IPv6Any, port)))
            {
                continue;
            }

            try
            {
                _listeners = [.. _listeners, new Listener(_switch, Multiaddress.FromTcp(new IPEndPoint(IPAddress.IPv6Any, port)))];
            }
            catch (SocketException e)
            {
                Log.NoIPv6(_switch.Logger, port, e.Message);
            }
        }
    }

    /// <inheritdoc/>
    public event Action<PeerId>? PeerConnected;

    /// <inheritdoc/>
    public byte[]? Sign(ReadOnlySpan<byte> message) => _switch.Identity.Sign(message);

    /// <inheritdoc/>
    public async ValueTask<PeerStream> DialAsync(PeerAddress peer, string protocolId, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(peer);
        ProtocolIds.Check(protocolId);
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed) != 0, this);
        Connection connection = await _switch.ConnectAsync(peer, cancellationToken).ConfigureAwait(false);
        try
        {
            return await _switch.OpenStreamAsync(connection, protocolId, cancellationToken).ConfigureAwait(false);
        }
        catch (PeerUnavailableException) when (!connection.IsUsable)
        {
            // An old connection broke just now, as when the peer was started anew: nothing was said on the stream yet, so once more on a fresh one.
            _switch.Pool.Remove(connection);
            connection = await _switch.ConnectAsync(peer, cancellationToken).ConfigureAwait(false);
            return await _switch.OpenStreamAsync(connection, protocolId, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Connects without opening a stream; does nothing where a connection is open.</summary>
    /// <returns>Who answered.</returns>
    /// <exception cref="PeerUnavailableException">As in <see cref="DialAsync"/>.</exception>
    public async Task<PeerId> ConnectAsync(PeerAddress peer, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(peer);
        Connection connection = await _switch.ConnectAsync(peer, cancellationToken).ConfigureAwait(false);
        await connection.Identified.WaitAsync(cancellationToken).ConfigureAwait(false);
        return connection.RemotePeer;
    }

    /// <summary>Closes every connection to a peer.</summary>
    public Task DisconnectAsync(PeerId peer) =>
        Task.WhenAll(_switch.Pool.Snapshot().Where(c => c.RemotePeer == peer).Select(c => c.Session.DisposeAsync().AsTask()));

    /// <summary>Measures one round trip through the peer's program, not only its kernel.</summary>
    /// <exception cref="PeerUnavailableException">As in <see cref="DialAsync"/>.</exception>
    public async Task<TimeSpan> PingAsync(PeerAddress peer, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(peer);
        return await _ping.PingAsync(await _switch.ConnectAsync(peer, cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Where a peer may be, as far as it is known here; empty where it is not.</summary>
    public IReadOnlyList<Multiaddress> KnownAddresses(PeerId peer) => _switch.Store.GetAddresses(peer);

    /// <summary>Where a peer may be: what is known here already, else what kad finds.</summary>
    /// <returns>Empty where nobody knows it.</returns>
    public async Task<IReadOnlyList<Multiaddress>> LocateAsync(PeerId peer, CancellationToken cancellationToken) =>
        _switch.Store.GetAddresses(peer) is { Count: > 0 } known ? known : await FindPeerAsync(peer, cancellationToken).ConfigureAwait(false);

    /// <summary>Looks a peer's addresses up by kad.</summary>
    /// <returns>Empty where nobody knows it, or kad is off.</returns>
    public Task<IReadOnlyList<Multiaddress>> FindPeerAsync(PeerId peer, CancellationToken cancellationToken) =>
        _kad?.FindAddressesAsync(peer, cancellationToken) ?? Task.FromResult<IReadOnlyList<Multiaddress>>([]);

    /// <summary>Asks a relay to take connections for this node; <see cref="ListenAddresses"/> tells the way through it as long as the connection to it lasts.</summary>
    /// <returns>When the reservation ends unless it is asked for again; the relays of the options are asked again in time.</returns>
    /// <exception cref="PeerUnavailableException">The relay cannot be reached or refuses.</exception>
    public Task<DateTimeOffset> ReserveRelayAsync(PeerAddress relay, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(relay);
        return _relayClient.ReserveAsync(relay, cancellationToken);
    }

    /// <summary>Asks a peer whether it can dial this node.</summary>
    /// <returns>An address that works; null where none does.</returns>
    /// <exception cref="PeerUnavailableException">The peer cannot be reached or refuses to try.</exception>
    public async Task<Multiaddress?> AskReachabilityAsync(PeerAddress peer, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(peer);
        return await AskReachabilityAsync(await _switch.ConnectAsync(peer, cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Remembers where a peer may be, for half an hour.</summary>
    public void AddAddresses(PeerId peer, IEnumerable<Multiaddress> addresses) => _switch.Store.AddAddresses(peer, addresses, PeerStore.IdentifiedLifetime);

    /// <summary>Connects to the bootstrap peers now and makes this node known; done again in the background as long as the host lives.</summary>
    /// <exception cref="PeerUnavailableException">There are bootstrap peers and none could be reached.</exception>
    public Task BootstrapAsync(CancellationToken cancellationToken) => _bootstrap.RunOnceAsync(cancellationToken);

    /// <inheritdoc/>
    public void Handle(string protocolId, Func<PeerStream, CancellationToken, Task> handler)
    {
        _switch.Handlers.Add(protocolId, handler);
        _identify.Push();
    }

    /// <inheritdoc/>
    public bool Unhandle(string protocolId)
    {
        bool removed = _switch.Handlers.Remove(protocolId);
        if (removed)
        {
            _identify.Push();
        }

        return removed;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        await Task.WhenAll(_listeners.Select(listener => listener.DisposeAsync().AsTask())).ConfigureAwait(false);
        await _switch.DisposeAsync().ConfigureAwait(false);
        _tls?.Dispose();
    }

    private async Task<Multiaddress?> AskReachabilityAsync(Connection connection, CancellationToken cancellationToken)
    {
        Multiaddress? dialled = await _autoNat.AskAsync(connection, cancellationToken).ConfigureAwait(false);
        if (dialled is not null && _observed.Candidates.Contains(dialled) && _observed.OnDialled(dialled))
        {
            _identify.Push();
        }

        return dialled;
    }

    private void OnIdentified(Connection connection, IdentifyMessage message)
    {
        if (message.ObservedAddress is { } seen && _observed.Observe(connection, seen, _switch.ListeningEndPoints()))
        {
            _identify.Push();
        }

        // Anyone may be asked, but only peers that the user has named are taken at their word.
        bool isNamed = _switch.Options.Relays.Concat(_switch.Options.BootstrapPeers).Any(peer => peer.Id == connection.RemotePeer);
        if (isNamed && _observed.Candidates.Except(_observed.Believed).Any() && _switch.Store.Speaks(connection.RemotePeer, AutoNatProtocol.ProtocolId))
        {
            _switch.Background.Run("asking whether this node can be dialled", () => AskReachabilityAsync(connection, _switch.Closing));
        }
    }
}
