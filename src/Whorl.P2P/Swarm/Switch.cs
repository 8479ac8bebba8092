using Microsoft.Extensions.Logging;
using Whorl.P2P.Multistream;
using Whorl.P2P.Muxers.Yamux;
using Whorl.P2P.Transports;

namespace Whorl.P2P.Swarm;

/// <summary>The centre of a host: its connections, and the streams on them. Protocols are built around it.</summary>
internal sealed partial class Switch : IAsyncDisposable
{
    private static readonly TimeSpan NegotiationTimeout = TimeSpan.FromSeconds(10);

    private readonly ConnectionUpgrader _upgrader;
    private readonly CancellationTokenSource _closing = new();

    public Switch(PeerIdentity identity, Libp2pOptions options, ConnectionUpgrader upgrader, TimeProvider time, ILogger logger)
    {
        Identity = identity;
        Options = options;
        Time = time;
        Logger = logger;
        _upgrader = upgrader;
        Store = new PeerStore(time);
        Pool = new ConnectionPool(options.ConnectionsLowWater, options.ConnectionsHighWater, time);
        Handlers = new HandlerTable(logger);
        Background = new BackgroundTasks(logger);
        _backOff = new DialBackOff(time);
    }

    public PeerIdentity Identity { get; }

    public PeerId Id => Identity.Id;

    public Libp2pOptions Options { get; }

    public TimeProvider Time { get; }

    public ILogger Logger { get; }

    public PeerStore Store { get; }

    public ConnectionPool Pool { get; }

    public HandlerTable Handlers { get; }

    public BackgroundTasks Background { get; }

    /// <summary>Cancelled when the host closes.</summary>
    public CancellationToken Closing => _closing.Token;

    /// <summary>Told of every connection, after it is in the pool; must return at once.</summary>
    public event Action<Connection>? Opened;

    /// <summary>Told when a connection has ended; must return at once.</summary>
    public event Action<Connection>? Closed;

    /// <summary>Opens a stream for a protocol on a connection; where the peer is known to speak it, without waiting for its answer.</summary>
    /// <exception cref="ProtocolNotSupportedException">The peer refuses.</exception>
    /// <exception cref="PeerUnavailableException">The connection has ended.</exception>
    public async ValueTask<PeerStream> OpenStreamAsync(Connection connection, string protocolId, CancellationToken cancellationToken)
    {
        YamuxStream stream = await connection.Session.OpenAsync(cancellationToken).ConfigureAwait(false);
        stream.Connection = connection;
        stream.NegotiatedProtocol = protocolId;
        try
        {
            if (Store.Speaks(connection.RemotePeer, protocolId))
            {
                await MultistreamSelect.ProposeAsync(stream, protocolId, cancellationToken).ConfigureAwait(false);
                return new LazyStream(stream, protocolId);
            }

            await MultistreamSelect.DialAsync(stream, [protocolId], cancellationToken).ConfigureAwait(false);
            return stream;
        }
        catch (WireFormatException e)
        {
            stream.Reset();
            throw new ProtocolViolationException($"{connection.RemotePeer}: {e.Message}", e);
        }
        catch (EndOfStreamException e)
        {
            stream.Reset();
            throw new PeerUnavailableException($"{connection.RemotePeer} has closed the stream '{protocolId}' without an answer", e) { Peer = connection.RemotePeer };
        }
        catch
        {
            stream.Reset();
            throw;
        }
    }

    /// <summary>Makes a connection of a raw stream and takes it up.</summary>
    public async Task<Connection> AdoptAsync(
        Stream raw, bool isDialer, PeerId? expected, Multiaddress? remoteAddress, bool isRelayed, CancellationToken cancellationToken)
    {
        using CancellationTokenSource timeout = new(Options.DialTimeout, Time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken, Closing);
        Connection connection = await _upgrader.UpgradeAsync(raw, isDialer, expected, remoteAddress, isRelayed, OnInboundStream, either.Token).ConfigureAwait(false);
        if (connection.RemotePeer == Id)
        {
            await connection.Session.DisposeAsync().ConfigureAwait(false);
            throw new PeerUnavailableException("a peer cannot connect to itself") { Peer = Id, IsTransient = false };
        }

        if (!isDialer)
        {
            await MakeRoomAsync(connection).ConfigureAwait(false);
        }

        if (isDialer && remoteAddress is not null)
        {
            Store.AddAddresses(connection.RemotePeer, [remoteAddress], PeerStore.IdentifiedLifetime); // it has just worked
        }

        Pool.Add(connection);
        if (Closing.IsCancellationRequested)
        {
            // Closing may have looked through the pool before: nobody else would end the connection.
            Pool.Remove(connection);
            await connection.Session.DisposeAsync().ConfigureAwait(false);
            throw new OperationCanceledException(Closing);
        }

        Log.Connected(Logger, connection.RemotePeer, remoteAddress, isDialer, isRelayed);
        Background.Run("watching a connection", () => WatchAsync(connection));
        Opened?.Invoke(connection);
        foreach (Connection idle in Pool.ChooseForTrimming())
        {
            Background.Run("trimming a connection", () => idle.Session.DisposeAsync().AsTask());
        }

        return connection;
    }

    /// <summary>Whether a peer at a host may connect, and which connection makes way for it.</summary>
    public bool HasRoomFor(string? host, out Connection? victim) =>
        Pool.TryMakeRoom(host, Options.MaxConnections, Options.MaxConnectionsPerHost, out victim);

    /// <exception cref="PeerUnavailableException">There is no room for a connection that a peer has opened, which is closed.</exception>
    private async Task MakeRoomAsync(Connection connection)
    {
        if (!HasRoomFor(connection.IsRelayed ? null : connection.RemoteHost, out Connection? victim))
        {
            await connection.Session.DisposeAsync().ConfigureAwait(false);
            throw new PeerUnavailableException($"no room for another connection of {connection.RemoteHost}") { Peer = connection.RemotePeer };
        }

        if (victim is not null)
        {
            Pool.Remove(victim);
            Background.Run("making room for a connection", () => victim.Session.DisposeAsync().AsTask());
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync().ConfigureAwait(false);
        await Handlers.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(Pool.Snapshot().Select(c => c.Session.DisposeAsync().AsTask())).ConfigureAwait(false);
        await Handlers.DisposeAsync().ConfigureAwait(false);
        await Background.WhenAllAsync().ConfigureAwait(false);
        await Task.WhenAll(Pool.Snapshot().Select(c => c.Session.DisposeAsync().AsTask())).ConfigureAwait(false); // opened meanwhile
        await Background.WhenAllAsync().ConfigureAwait(false);
    }

    private void OnInboundStream(Connection connection, YamuxStream stream)
    {
        stream.Connection = connection;
        if (connection.TryBeginAnswer())
        {
            Background.Run("answering a stream", () => AnswerAsync(connection, stream));
        }
        else
        {
            stream.Reset();
        }
    }

    private async Task AnswerAsync(Connection connection, YamuxStream stream)
    {
        try
        {
            await NegotiateAsync(stream).ConfigureAwait(false);
            if (Handlers.TryStartAsync(stream) is { } handling)
            {
                await handling.ConfigureAwait(false);
            }
            else
            {
                stream.Reset();
            }
        }
        finally
        {
            connection.EndAnswer();
        }
    }

    private async Task NegotiateAsync(YamuxStream stream)
    {
        try
        {
            using CancellationTokenSource timeout = new(NegotiationTimeout, Time);
            using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, Closing);
            stream.NegotiatedProtocol = await MultistreamSelect.ListenAsync(stream, Handlers.Contains, either.Token).ConfigureAwait(false);
        }
        catch
        {
            stream.Reset();
            throw;
        }
    }

    private async Task WatchAsync(Connection connection)
    {
        IOException reason = await connection.Session.Ended.ConfigureAwait(false);
        Pool.Remove(connection);
        connection.SetIdentified();
        Log.Disconnected(Logger, connection.RemotePeer, reason.Message);
        Closed?.Invoke(connection);
        await connection.Session.DisposeAsync().ConfigureAwait(false);
    }
}
