using System.Buffers;
using System.Collections.Concurrent;
using Whorl.P2P.Multiformats;
using Whorl.P2P.Muxers.Yamux;
using Whorl.P2P.Swarm;
using Whorl.P2P.Wire;

namespace Whorl.P2P.Protocols.Relay;

/// <summary>Circuit relay v2 in the middle: grants reservations and passes bytes between two peers, within its limits.</summary>
internal sealed class RelayService
{
    private const int BufferBytes = 64 * 1024;

    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(30);

    private readonly Switch _switch;
    private readonly RelayLimits _limits;
    private readonly Func<IReadOnlyList<Multiaddress>> _ownAddresses;
    private readonly Lock _gate = new();
    private readonly Dictionary<PeerId, (DateTimeOffset Until, string? Host)> _reservations = []; // by a steady clock; guarded by _gate
    private readonly ConcurrentDictionary<PeerId, int> _circuits = new();

    public RelayService(Switch @switch, RelayLimits limits, Func<IReadOnlyList<Multiaddress>> ownAddresses)
    {
        _switch = @switch;
        _limits = limits;
        _ownAddresses = ownAddresses;
        @switch.Handlers.Add(RelayMessages.HopProtocolId, OnHopAsync);
        @switch.Closed += OnClosed;
    }

    /// <summary>How many peers hold a reservation.</summary>
    public int Reservations
    {
        get
        {
            lock (_gate)
            {
                return _reservations.Count;
            }
        }
    }

    private async Task OnHopAsync(PeerStream stream, CancellationToken cancellationToken)
    {
        Connection asker = ((YamuxStream)stream).Connection!;
        using CancellationTokenSource timeout = new(Timeout, _switch.Time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        HopMessage request = await RelayMessages.ReadHopAsync(stream, either.Token).ConfigureAwait(false);
        switch (request.Type)
        {
            case HopMessage.Types.HopType.Reserve:
                await WireMessage.WriteAsync(stream, Reserve(asker), either.Token).ConfigureAwait(false);
                break;
            case HopMessage.Types.HopType.Connect:
                await ConnectAsync(stream, asker, request, either.Token, cancellationToken).ConfigureAwait(false);
                break;
            default:
                await WireMessage.WriteAsync(stream, RelayMessages.HopStatus(RelayStatus.UnexpectedMessage), either.Token).ConfigureAwait(false);
                break;
        }
    }

    private HopMessage Reserve(Connection asker)
    {
        if (asker.IsRelayed)
        {
            return RelayMessages.HopStatus(RelayStatus.PermissionDenied);
        }

        DateTimeOffset now = _switch.Time.GetSteadyNow();
        int most = asker.RemoteHost == HostGroup.Loopback ? _limits.MaxReservations / 2 : _limits.MaxReservationsPerHost;
        lock (_gate)
        {
            foreach (PeerId expired in _reservations.Where(r => r.Value.Until < now).Select(r => r.Key).ToArray())
            {
                _reservations.Remove(expired);
            }

            if (!_reservations.ContainsKey(asker.RemotePeer)
                && (_reservations.Count >= _limits.MaxReservations
                    || (asker.RemoteHost is { } host && _reservations.Values.Count(r => r.Host == host) >= Math.Max(most, 1))))
            {
                return RelayMessages.HopStatus(RelayStatus.ReservationRefused);
            }

            _reservations[asker.RemotePeer] = (now + _limits.ReservationLifetime, asker.RemoteHost);
        }

        asker.IsProtected = true;
        IEnumerable<Multiaddress> addresses = AddressScopes.Filter(_ownAddresses(), asker.RemoteAddress).Where(a => !a.IsCircuit);
        return RelayMessages.Reservation(_switch.Identity, asker.RemotePeer, _switch.Time.GetUtcNow() + _limits.ReservationLifetime, addresses, _limits);
    }

    private async Task ConnectAsync(PeerStream near, Connection asker, HopMessage request, CancellationToken handshake, CancellationToken closing)
    {
        PeerId target = RelayMessages.ReadPeer(request.Peer);
        RelayStatus refusal = Check(asker, target);
        if (refusal != RelayStatus.Ok)
        {
            await WireMessage.WriteAsync(near, RelayMessages.HopStatus(refusal), handshake).ConfigureAwait(false);
            return;
        }

        if (!TryCount(asker.RemotePeer))
        {
            await WireMessage.WriteAsync(near, RelayMessages.HopStatus(RelayStatus.ResourceLimitExceeded), handshake).ConfigureAwait(false);
            return;
        }

        try
        {
            if (!TryCount(target))
            {
                await WireMessage.WriteAsync(near, RelayMessages.HopStatus(RelayStatus.ResourceLimitExceeded), handshake).ConfigureAwait(false);
                return;
            }

            try
            {
                await RelayAsync(near, asker, target, handshake, closing).ConfigureAwait(false);
            }
            finally
            {
                Uncount(target);
            }
        }
        finally
        {
            Uncount(asker.RemotePeer);
        }
    }

    private async Task RelayAsync(PeerStream near, Connection asker, PeerId target, CancellationToken handshake, CancellationToken closing)
    {
        PeerStream? far = await TryReachAsync(asker.RemotePeer, target, handshake).ConfigureAwait(false);
        if (far is null)
        {
            await WireMessage.WriteAsync(near, RelayMessages.HopStatus(RelayStatus.ConnectionFailed), handshake).ConfigureAwait(false);
            return;
        }

        try
        {
            HopMessage accepted = RelayMessages.HopStatus(RelayStatus.Ok);
            accepted.Limit = RelayMessages.Limit(_limits);
            await WireMessage.WriteAsync(near, accepted, handshake).ConfigureAwait(false);
            using CancellationTokenSource duration = new(_limits.MaxCircuitDuration, _switch.Time);
            using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(duration.Token, closing);
            await Task.WhenAll(PassAsync(near, far, end), PassAsync(far, near, end)).ConfigureAwait(false);
            await far.DisposeAsync().ConfigureAwait(false);
        }
        catch
        {
            far.Reset();
            throw;
        }
    }

    private RelayStatus Check(Connection asker, PeerId target)
    {
        if (asker.IsRelayed || target == asker.RemotePeer || target == _switch.Id)
        {
            return RelayStatus.PermissionDenied;
        }

        lock (_gate)
        {
            return _reservations.TryGetValue(target, out (DateTimeOffset Until, string?) held) && held.Until > _switch.Time.GetSteadyNow() ? RelayStatus.Ok : RelayStatus.NoReservation;
        }
    }

    /// <summary>Asks the target to take the circuit; null where it does not.</summary>
    private async Task<PeerStream?> TryReachAsync(PeerId source, PeerId target, CancellationToken cancellationToken)
    {
        if (_switch.Pool.Find(target, directOnly: true) is not { } connection)
        {
            return null;
        }

        PeerStream? stream = null;
        try
        {
            stream = await _switch.OpenStreamAsync(connection, RelayMessages.StopProtocolId, cancellationToken).ConfigureAwait(false);
            StopMessage request = new() { Type = StopMessage.Types.StopType.Connect, Peer = RelayMessages.Peer(source), Limit = RelayMessages.Limit(_limits) };
            await WireMessage.WriteAsync(stream, request, cancellationToken).ConfigureAwait(false);
            StopMessage answer = await RelayMessages.ReadStopAsync(stream, cancellationToken).ConfigureAwait(false);
            if (answer.Status == RelayStatus.Ok)
            {
                return stream;
            }
        }
        catch (Exception e) when (e is IOException or WireFormatException)
        {
            Log.BackgroundEnded(_switch.Logger, "asking a peer to take a circuit", e.Message);
        }

        stream?.Reset();
        return null;
    }

    /// <summary>Passes one direction on, until its end or the limit; a failure ends both.</summary>
    private async Task PassAsync(PeerStream from, PeerStream to, CancellationTokenSource end)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            for (long left = _limits.MaxCircuitBytes; ;)
            {
                int read = await from.ReadAsync(buffer.AsMemory(0, BufferBytes), end.Token).ConfigureAwait(false);
                if (read == 0)
                {
                    await to.CloseWriteAsync(end.Token).ConfigureAwait(false);
                    return;
                }

                left -= read;
                if (left < 0)
                {
                    throw new PeerUnavailableException($"a circuit has used up its {_limits.MaxCircuitBytes} bytes");
                }

                await to.WriteAsync(buffer.AsMemory(0, read), end.Token).ConfigureAwait(false);
            }
        }
        catch
        {
            await end.CancelAsync().ConfigureAwait(false);
            throw;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private bool TryCount(PeerId peer)
    {
        if (_circuits.AddOrUpdate(peer, 1, (_, count) => count + 1) <= _limits.MaxCircuitsPerPeer)
        {
            return true;
        }

        Uncount(peer);
        return false;
    }

    private void Uncount(PeerId peer)
    {
        if (_circuits.AddOrUpdate(peer, 0, (_, count) => count - 1) == 0)
        {
            _circuits.TryRemove(new KeyValuePair<PeerId, int>(peer, 0));
        }
    }

    /// <summary>A reservation lasts as long as the connection it was made on.</summary>
    private void OnClosed(Connection connection)
    {
        lock (_gate)
        {
            if (_switch.Pool.Find(connection.RemotePeer, directOnly: true) is null)
            {
                _reservations.Remove(connection.RemotePeer);
            }
        }
    }
}
