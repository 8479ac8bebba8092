using Whorl.P2P.Muxers.Yamux;
using Whorl.P2P.Protocols.Records;
using Whorl.P2P.Swarm;
using Whorl.P2P.Wire;

namespace Whorl.P2P.Protocols.Relay;

/// <summary>Circuit relay v2 from the ends: dials peers through relays, holds reservations at relays, and takes the connections that come through them.</summary>
internal sealed class RelayClient
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan ShortestReservation = TimeSpan.FromMinutes(1), LongestReservation = TimeSpan.FromHours(1);

    private readonly Switch _switch;
    private readonly Action _addressesChanged;
    private readonly Lock _gate = new();
    private readonly Dictionary<PeerId, IReadOnlyList<Multiaddress>> _reserved = []; // by relay; guarded by _gate

    public RelayClient(Switch @switch, Action addressesChanged)
    {
        _switch = @switch;
        _addressesChanged = addressesChanged;
        @switch.CircuitDialer = DialAsync;
        @switch.Handlers.Add(RelayMessages.StopProtocolId, OnStopAsync);
        @switch.Closed += OnClosed;
    }

    /// <summary>Where this node can be dialled through the relays it has reservations at.</summary>
    public IReadOnlyList<Multiaddress> Addresses
    {
        get
        {
            lock (_gate)
            {
                return [.. _reserved.Values.SelectMany(a => a)];
            }
        }
    }

    /// <summary>Keeps a reservation at each relay of the options.</summary>
    public void Start()
    {
        foreach (PeerAddress relay in _switch.Options.Relays)
        {
            _switch.Background.Run("keeping a relay reservation", () => KeepAsync(relay));
        }
    }

    /// <summary>Asks a relay for a reservation.</summary>
    /// <returns>When it ends.</returns>
    /// <exception cref="PeerUnavailableException">The relay cannot be reached or refuses.</exception>
    public async Task<DateTimeOffset> ReserveAsync(PeerAddress relay, CancellationToken cancellationToken)
    {
        using CancellationTokenSource timeout = new(Timeout, _switch.Time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            return await ReserveInTimeAsync(relay, either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (timeout.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new PeerUnavailableException($"the relay {relay} does not answer within {Timeout.TotalSeconds} s", e) { Peer = relay.Id };
        }
    }

    private async Task<DateTimeOffset> ReserveInTimeAsync(PeerAddress relay, CancellationToken cancellationToken)
    {
        Connection connection = await _switch.ConnectAsync(relay, cancellationToken).ConfigureAwait(false);
        connection.IsProtected = true;
        await using PeerStream stream = await _switch.OpenStreamAsync(connection, RelayMessages.HopProtocolId, cancellationToken).ConfigureAwait(false);
        await WireMessage.WriteAsync(stream, new HopMessage { Type = HopMessage.Types.HopType.Reserve }, cancellationToken).ConfigureAwait(false);
        HopMessage answer = await RelayMessages.ReadHopAsync(stream, cancellationToken).ConfigureAwait(false);
        if (answer.Status != RelayStatus.Ok || answer.Reservation is null)
        {
            throw new PeerUnavailableException($"the relay {connection.RemotePeer} refuses a reservation: {answer.Status}") { Peer = connection.RemotePeer };
        }

        IReadOnlyList<Multiaddress> told = AddressList.Read(answer.Reservation.Addrs);
        IEnumerable<Multiaddress> addresses = told.Count > 0 ? told : relay.Addresses;
        lock (_gate)
        {
            _reserved[connection.RemotePeer] =
                [.. addresses.Where(a => !a.IsCircuit && a.IsDialable).Select(a => a.WithPeer(connection.RemotePeer).WithCircuit()).Distinct()];
        }

        _addressesChanged();
        return ReadExpiry(answer.Reservation.Expire, _switch.Time.GetUtcNow());
    }

    /// <summary>When a reservation ends, in seconds of unix time by the relay's clock: never believed to be sooner or later than relays have it.</summary>
    internal static DateTimeOffset ReadExpiry(ulong seconds, DateTimeOffset now)
    {
        DateTimeOffset told = DateTimeOffset.FromUnixTimeSeconds((long)Math.Min(seconds, (ulong)DateTimeOffset.MaxValue.ToUnixTimeSeconds()));
        return told < now + ShortestReservation ? now + ShortestReservation : told > now + LongestReservation ? now + LongestReservation : told;
    }

    private async Task<Connection> DialAsync(Multiaddress circuit, PeerId? target, CancellationToken cancellationToken)
    {
        Multiaddress relay = circuit.Relay!;
        target ??= circuit.PeerId ?? throw new PeerUnavailableException($"{circuit} does not say whom to ask the relay for") { IsTransient = false };
        if (relay.PeerId is null)
        {
            throw new PeerUnavailableException($"{circuit} does not name its relay") { IsTransient = false };
        }

        using CancellationTokenSource timeout = new(Timeout, _switch.Time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        Connection connection = await _switch.ConnectAsync(new PeerAddress(null, relay), either.Token).ConfigureAwait(false);
        if (connection.IsRelayed)
        {
            throw new PeerUnavailableException("a relay cannot be reached through a relay") { IsTransient = false };
        }

        PeerStream stream = await _switch.OpenStreamAsync(connection, RelayMessages.HopProtocolId, either.Token).ConfigureAwait(false);
        try
        {
            HopMessage request = new() { Type = HopMessage.Types.HopType.Connect, Peer = RelayMessages.Peer(target) };
            await WireMessage.WriteAsync(stream, request, either.Token).ConfigureAwait(false);
            HopMessage answer = await RelayMessages.ReadHopAsync(stream, either.Token).ConfigureAwait(false);
            if (answer.Status != RelayStatus.Ok)
            {
                throw new PeerUnavailableException($"the relay {connection.RemotePeer} cannot connect to {target}: {answer.Status}") { Peer = target };
            }

            return await _switch.AdoptAsync(stream, true, target, circuit, isRelayed: true, either.Token).ConfigureAwait(false);
        }
        catch
        {
            stream.Reset();
            throw;
        }
    }

    /// <summary>A relay brings somebody who wants to talk to this node.</summary>
    private async Task OnStopAsync(PeerStream stream, CancellationToken cancellationToken)
    {
        Connection relay = ((YamuxStream)stream).Connection!;
        using CancellationTokenSource timeout = new(Timeout, _switch.Time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        StopMessage request = await RelayMessages.ReadStopAsync(stream, either.Token).ConfigureAwait(false);
        bool isReserved;
        lock (_gate)
        {
            isReserved = _reserved.ContainsKey(relay.RemotePeer);
        }

        if (request.Type != StopMessage.Types.StopType.Connect || !isReserved)
        {
            RelayStatus status = isReserved ? RelayStatus.UnexpectedMessage : RelayStatus.PermissionDenied;
            await WireMessage.WriteAsync(stream, RelayMessages.StopStatus(status), either.Token).ConfigureAwait(false);
            return;
        }

        PeerId source = RelayMessages.ReadPeer(request.Peer);
        await WireMessage.WriteAsync(stream, RelayMessages.StopStatus(RelayStatus.Ok), either.Token).ConfigureAwait(false);
        Multiaddress? address = relay.RemoteAddress?.WithPeer(relay.RemotePeer).WithCircuit();
        Connection connection = await _switch.AdoptAsync(stream, false, source, address, isRelayed: true, either.Token).ConfigureAwait(false);
        await connection.Session.Ended.WaitAsync(cancellationToken).ConfigureAwait(false); // the stream is the connection's: not to be closed before it
    }

    private void OnClosed(Connection connection)
    {
        bool lost;
        lock (_gate)
        {
            lost = _switch.Pool.Find(connection.RemotePeer) is null && _reserved.Remove(connection.RemotePeer);
        }

        if (lost)
        {
            _addressesChanged();
        }
    }

    /// <summary>Renews a reservation at half of its life, and soon after it was lost.</summary>
    private async Task KeepAsync(PeerAddress relay)
    {
        TimeSpan life = TimeSpan.Zero;
        long reserved = 0;
        PeerId? id = relay.Id;
        while (true)
        {
            try
            {
                bool held;
                lock (_gate)
                {
                    held = id is not null && _reserved.ContainsKey(id);
                }

                if (!held || _switch.Time.GetElapsedTime(reserved) >= life / 2)
                {
                    DateTimeOffset expiry = await ReserveAsync(relay, _switch.Closing).ConfigureAwait(false);
                    (life, reserved) = (expiry - _switch.Time.GetUtcNow(), _switch.Time.GetTimestamp());
                }
            }
            catch (Exception e) when (e is IOException or WireFormatException)
            {
                Log.BackgroundEnded(_switch.Logger, "a relay reservation", e.Message);
            }

            await Task.Delay(RetryInterval, _switch.Time, _switch.Closing).ConfigureAwait(false);
        }
    }
}
