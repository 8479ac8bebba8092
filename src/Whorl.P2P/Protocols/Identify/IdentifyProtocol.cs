using Whorl.P2P.Multiformats;
using Whorl.P2P.Muxers.Yamux;
using Whorl.P2P.Swarm;

namespace Whorl.P2P.Protocols.Identify;

/// <summary><c>/ipfs/id/1.0.0</c> and <c>/ipfs/id/push/1.0.0</c>: peers tell each other where they are and what they speak, at once and on change.</summary>
internal sealed class IdentifyProtocol
{
    public const string ProtocolId = "/ipfs/id/1.0.0";
    public const string PushProtocolId = "/ipfs/id/push/1.0.0";

    /// <summary>A peer may split what it tells into so many messages.</summary>
    private const int MaxMessages = 10;

    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan PushDelay = TimeSpan.FromMilliseconds(200); // gathers changes

    private readonly Switch _switch;
    private readonly Func<IReadOnlyList<Multiaddress>> _ownAddresses;
    private ulong _sequence;
    private int _pushPending;

    public IdentifyProtocol(Switch @switch, Func<IReadOnlyList<Multiaddress>> ownAddresses)
    {
        _switch = @switch;
        _ownAddresses = ownAddresses;
        _sequence = (ulong)@switch.Time.GetUtcNow().ToUnixTimeMilliseconds();
        @switch.Handlers.Add(ProtocolId, AnswerAsync);
        @switch.Handlers.Add(PushProtocolId, OnPushAsync);
        @switch.Opened += connection => @switch.Background.Run("identify", () => AskAsync(connection));
    }

    /// <summary>Told what each peer says, after it was taken up; must return at once.</summary>
    public event Action<Connection, IdentifyMessage>? Received;

    /// <summary>Addresses or protocols have changed: tells the connected peers, a little later.</summary>
    public void Push()
    {
        Interlocked.Increment(ref _sequence);
        if (_switch.Pool.Count > 0 && Interlocked.Exchange(ref _pushPending, 1) == 0)
        {
            _switch.Background.Run("identify push", PushToAllAsync);
        }
    }

    private async Task AskAsync(Connection connection)
    {
        try
        {
            using CancellationTokenSource timeout = new(Timeout, _switch.Time);
            using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, _switch.Closing);
            await using PeerStream stream = await _switch.OpenStreamAsync(connection, ProtocolId, either.Token).ConfigureAwait(false);
            await ReadAsync(stream, connection, either.Token).ConfigureAwait(false);
        }
        finally
        {
            connection.SetIdentified();
        }
    }

    private async Task ReadAsync(PeerStream stream, Connection connection, CancellationToken cancellationToken)
    {
        for (int i = 0; i < MaxMessages; i++)
        {
            byte[]? bytes = await DelimitedReader.TryReadAsync(stream, IdentifyMessage.MaxBytes, "identify", cancellationToken).ConfigureAwait(false);
            if (bytes is null)
            {
                return;
            }

            Apply(connection, IdentifyMessage.Read(bytes, connection.RemotePeer));
            connection.SetIdentified(); // the end of the stream may be long in coming
        }
    }

    private void Apply(Connection connection, IdentifyMessage message)
    {
        connection.ToldAddresses = [.. AddressScopes.Filter(message.Addresses, connection.RemoteAddress)]; // through a relay: as far as the relay is
        _switch.Store.AddAddresses(connection.RemotePeer, connection.ToldAddresses, PeerStore.IdentifiedLifetime);
        if (message.Protocols is not null)
        {
            _switch.Store.SetProtocols(connection.RemotePeer, message.Protocols);
        }

        Received?.Invoke(connection, message);
    }

    private async Task AnswerAsync(PeerStream stream, CancellationToken cancellationToken) =>
        await stream.WriteAsync(WriteFor(((YamuxStream)stream).Connection), cancellationToken).ConfigureAwait(false);

    private async Task OnPushAsync(PeerStream stream, CancellationToken cancellationToken)
    {
        using CancellationTokenSource timeout = new(Timeout, _switch.Time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        await ReadAsync(stream, ((YamuxStream)stream).Connection!, either.Token).ConfigureAwait(false);
    }

    private async Task PushToAllAsync()
    {
        await Task.Delay(PushDelay, _switch.Time, _switch.Closing).ConfigureAwait(false);
        Volatile.Write(ref _pushPending, 0);
        foreach (Connection connection in _switch.Pool.Snapshot())
        {
            if (_switch.Store.Speaks(connection.RemotePeer, PushProtocolId))
            {
                _switch.Background.Run("identify push", () => PushToAsync(connection));
            }
        }
    }

    private async Task PushToAsync(Connection connection)
    {
        using CancellationTokenSource timeout = new(Timeout, _switch.Time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, _switch.Closing);
        await using PeerStream stream = await _switch.OpenStreamAsync(connection, PushProtocolId, either.Token).ConfigureAwait(false);
        await stream.WriteAsync(WriteFor(connection), either.Token).ConfigureAwait(false);
    }

    private byte[] WriteFor(Connection? connection)
    {
        Multiaddress? remote = connection?.IsRelayed == true ? null : connection?.RemoteAddress;
        IReadOnlyList<Multiaddress> addresses = [.. AddressScopes.Filter(_ownAddresses(), connection?.RemoteAddress)];
        return IdentifyMessage.Write(
            _switch.Identity, addresses, _switch.Handlers.Protocols.Order(StringComparer.Ordinal), remote, _switch.Options.AgentVersion, Volatile.Read(ref _sequence));
    }
}
