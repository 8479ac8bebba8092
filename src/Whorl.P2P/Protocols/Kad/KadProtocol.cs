using Whorl.P2P.Multiformats;
using Whorl.P2P.Muxers.Yamux;
using Whorl.P2P.Protocols.Identify;
using Whorl.P2P.Swarm;
using Whorl.P2P.Wire;

namespace Whorl.P2P.Protocols.Kad;

/// <summary><c>/ipfs/kad/1.0.0</c> as far as peer routing goes: finds the addresses of a peer id, and answers those who ask.</summary>
internal sealed class KadProtocol
{
    public const string ProtocolId = "/ipfs/kad/1.0.0";

    /// <summary>Requests under way at once in one look-up.</summary>
    private const int Parallelism = 10;

    private static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan IdleTimeout = TimeSpan.FromSeconds(60);

    private readonly Switch _switch;
    private readonly Func<IReadOnlyList<Multiaddress>> _ownAddresses;

    public KadProtocol(Switch @switch, IdentifyProtocol identify, KadMode mode, Func<IReadOnlyList<Multiaddress>> ownAddresses)
    {
        _switch = @switch;
        _ownAddresses = ownAddresses;
        Table = new KadRoutingTable(@switch.Id);
        identify.Received += OnIdentified;
        @switch.Router = FindAddressesAsync;
        if (mode == KadMode.Server)
        {
            @switch.Handlers.Add(ProtocolId, AnswerAsync);
        }
    }

    public KadRoutingTable Table { get; }

    /// <summary>Looks a peer up: asks ever nearer peers until one knows its addresses or the nearest have all answered.</summary>
    /// <returns>Its addresses; empty where nobody knows it.</returns>
    public async Task<IReadOnlyList<Multiaddress>> FindAddressesAsync(PeerId target, CancellationToken cancellationToken)
    {
        if (Table.Count == 0)
        {
            // Whoever was just connected to may be about to say that it can be asked.
            await Task.WhenAll(_switch.Pool.Snapshot().Select(c => c.Identified)).WaitAsync(cancellationToken).ConfigureAwait(false);
        }

        KadLookup lookup = new(target, Table.Nearest(new KadKey(target)));
        using CancellationTokenSource enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        List<Task> asking = [];
        while (true)
        {
            while (asking.Count < Parallelism && lookup.Found.Count == 0 && lookup.TryNext(out PeerId? next))
            {
                asking.Add(AskAsync(lookup, next, enough.Token));
            }

            if (asking.Count == 0 || lookup.Found.Count > 0)
            {
                break;
            }

            asking.Remove(await Task.WhenAny(asking).ConfigureAwait(false));
        }

        await enough.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(asking).ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        return lookup.Found;
    }

    /// <summary>Makes this node known to the peers nearest to it, and them to it.</summary>
    public Task RefreshAsync(CancellationToken cancellationToken) => FindAddressesAsync(_switch.Id, cancellationToken);

    private void OnIdentified(Connection connection, IdentifyMessage message)
    {
        if (message.Protocols?.Contains(ProtocolId) == true)
        {
            Table.Add(connection.RemotePeer);
        }
        else if (message.Protocols is not null)
        {
            Table.Remove(connection.RemotePeer);
        }
    }

    /// <summary>Asks one peer; never throws but when cancelled from outside.</summary>
    private async Task AskAsync(KadLookup lookup, PeerId peer, CancellationToken cancellationToken)
    {
        try
        {
            using CancellationTokenSource timeout = new(RequestTimeout, _switch.Time);
            using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
            Connection connection = await ConnectAsync(peer, either.Token).ConfigureAwait(false);
            await using PeerStream stream = await _switch.OpenStreamAsync(connection, ProtocolId, either.Token).ConfigureAwait(false);
            await WireMessage.WriteAsync(stream, KadPeers.FindNode(lookup.Target), either.Token).ConfigureAwait(false);
            KadMessage answer = await WireMessage.ReadAsync(stream, KadMessage.Parser, KadPeers.MaxResponseBytes, "kad", either.Token).ConfigureAwait(false);
            foreach ((PeerId id, IReadOnlyList<Multiaddress> addresses) in KadPeers.Read(answer))
            {
                IReadOnlyList<Multiaddress> believable = [.. AddressScopes.Filter(addresses, connection.RemoteAddress)];
                if (id != _switch.Id && believable.Count > 0)
                {
                    _switch.Store.AddAddresses(id, believable, PeerStore.HeardLifetime);
                    lookup.Add(id, believable);
                }
            }

            lookup.Answered(peer);
        }
        catch (Exception e) when (e is IOException or WireFormatException or OperationCanceledException)
        {
            Log.BackgroundEnded(_switch.Logger, "a kad request", e.Message);
            if (!cancellationToken.IsCancellationRequested)
            {
                Table.Remove(peer);
            }
        }
    }

    /// <summary>Connects without routing: a look-up inside a look-up would have no end.</summary>
    private async Task<Connection> ConnectAsync(PeerId peer, CancellationToken cancellationToken) =>
        _switch.Pool.Find(peer) ?? await _switch.ConnectWithoutRoutingAsync(peer, cancellationToken).ConfigureAwait(false);

    private async Task AnswerAsync(PeerStream stream, CancellationToken cancellationToken)
    {
        Connection? connection = ((YamuxStream)stream).Connection;
        while (true)
        {
            using CancellationTokenSource idle = new(IdleTimeout, _switch.Time);
            using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(idle.Token, cancellationToken);
            byte[]? bytes = await DelimitedReader.TryReadAsync(stream, KadPeers.MaxRequestBytes, "kad", either.Token).ConfigureAwait(false);
            if (bytes is null)
            {
                return;
            }

            KadMessage request = WireMessage.Parse(KadMessage.Parser, bytes, "kad");
            await WireMessage.WriteAsync(stream, Answer(request, connection), either.Token).ConfigureAwait(false);
        }
    }

    private KadMessage Answer(KadMessage request, Connection? asker)
    {
        switch (request.Type)
        {
            case KadMessage.Types.MessageType.Ping:
                return request;
            case KadMessage.Types.MessageType.FindNode or KadMessage.Types.MessageType.GetValue or KadMessage.Types.MessageType.GetProviders
                when request.Key.Length is > 0 and <= KadPeers.MaxKeyBytes:
                return KadPeers.Answer(request.Type, Nearest(request, asker));
            default:
                throw new WireFormatException($"kad: no answer to a {request.Type} with a key of {request.Key.Length} bytes");
        }
    }

    private IEnumerable<(PeerId Id, IReadOnlyList<Multiaddress> Addresses, bool IsConnected)> Nearest(KadMessage request, Connection? asker)
    {
        bool isPeer = request.Type == KadMessage.Types.MessageType.FindNode & PeerId.TryFromBytes(request.Key.Span, out PeerId? target);
        if (isPeer && target == _switch.Id)
        {
            return [(_switch.Id, [.. AddressScopes.Filter(_ownAddresses(), asker?.RemoteAddress)], false)];
        }

        IEnumerable<PeerId> nearest = Table.Nearest(new KadKey(request.Key.Span)).Where(peer => peer != asker?.RemotePeer);
        if (isPeer && target != asker?.RemotePeer)
        {
            nearest = nearest.Where(peer => peer != target).Take(KadRoutingTable.BucketSize - 1).Prepend(target!); // known though it may not answer kad itself
        }

        return from peer in nearest
               let addresses = _switch.Store.GetAddresses(peer)
               where addresses.Count > 0
               select (peer, addresses, _switch.Pool.Find(peer) is not null);
    }
}
