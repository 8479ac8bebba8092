using System.Net;
using System.Net.Sockets;
using Whorl.P2P.Multiformats;
using Whorl.P2P.Transports.Tcp;

namespace Whorl.P2P.Swarm;

/// <summary>Takes inbound TCP connections on one address, within the limits of handshakes under way.</summary>
/// <remarks>
/// Whoever connects and says nothing holds a place for half a second only where others want it: then the oldest handshake of the host that has most makes way. One
/// host, but this machine itself, never has more than its share.
/// </remarks>
internal sealed class Listener : IAsyncDisposable
{
    private const int MaxHandshakes = 256, MaxHandshakesPerHost = 32;

    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(500), Pause = TimeSpan.FromMilliseconds(50);

    private readonly Switch _switch;
    private readonly Socket _socket;
    private readonly IPEndPoint _bound;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _accepting;
    private readonly Lock _gate = new();
    private readonly LinkedList<Handshake> _handshakes = []; // oldest first; guarded by _gate

    public Listener(Switch @switch, Multiaddress address)
    {
        _switch = @switch;
        _socket = TcpTransport.Listen(address);
        _bound = (IPEndPoint)_socket.LocalEndPoint!;
        _accepting = AcceptAsync();
    }

    /// <summary>What it listens on.</summary>
    public IPEndPoint EndPoint => _bound;

    /// <summary>Where it can be dialled.</summary>
    public IReadOnlyList<Multiaddress> Addresses => [.. TcpTransport.AddressesOf(_bound)];

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false); // first: what the socket fails with then is no fault to wait after
        _socket.Dispose();
        await _accepting.ConfigureAwait(false);
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            Socket socket;
            try
            {
                socket = await _socket.AcceptAsync(_stop.Token).ConfigureAwait(false);
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException || (e is SocketException && _stop.IsCancellationRequested))
            {
                return;
            }
            catch (SocketException e)
            {
                Log.InboundFailed(_switch.Logger, "listener", e.Message);
                await PauseAsync().ConfigureAwait(false); // out of handles, say
                continue;
            }

            if (await TryTakePlaceAsync(socket).ConfigureAwait(false) is { } place)
            {
                _switch.Background.Run("an inbound handshake", () => AnswerAsync(place));
            }
            else
            {
                socket.Dispose();
            }
        }
    }

    /// <returns>Null where the socket is to be closed: there is no room, its host has its share, or it has gone.</returns>
    private async Task<LinkedListNode<Handshake>?> TryTakePlaceAsync(Socket socket)
    {
        string host;
        try
        {
            host = HostGroup.Of(((IPEndPoint)socket.RemoteEndPoint!).Address, ((IPEndPoint)socket.LocalEndPoint!).Address);
        }
        catch (SocketException)
        {
            return null;
        }

        if (!_switch.HasRoomFor(host, out _))
        {
            return null; // now, not after a handshake that leads to nothing
        }

        while (!_stop.IsCancellationRequested)
        {
            lock (_gate)
            {
                bool isFull = _handshakes.Count >= MaxHandshakes;
                bool isShareFull = host != HostGroup.Loopback && _handshakes.Count(h => h.Host == host) >= MaxHandshakesPerHost;
                if (!isFull && !isShareFull)
                {
                    return _handshakes.AddLast(new Handshake(socket, host, _switch.Time.GetTimestamp()));
                }

                string fullest = isShareFull ? host : _handshakes.GroupBy(h => h.Host).MaxBy(group => group.Count())!.Key;
                Handshake oldest = _handshakes.First(h => h.Host == fullest);
                if (_switch.Time.GetElapsedTime(oldest.Begun) >= Patience)
                {
                    _handshakes.Remove(oldest);
                    oldest.Socket.Dispose(); // its handshake fails by it
                    return _handshakes.AddLast(new Handshake(socket, host, _switch.Time.GetTimestamp()));
                }

                if (isShareFull)
                {
                    return null;
                }
            }

            await Task.Delay(Pause, _switch.Time, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        return null;
    }

    private async Task PauseAsync() =>
        await Task.Delay(TimeSpan.FromMilliseconds(100), _switch.Time, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    private async Task AnswerAsync(LinkedListNode<Handshake> place)
    {
        Socket socket = place.Value.Socket;
        try
        {
            socket.NoDelay = true;
            Multiaddress remote = Multiaddress.FromTcp((IPEndPoint)socket.RemoteEndPoint!);
            await _switch.AdoptAsync(new NetworkStream(socket, ownsSocket: true), false, null, remote, false, _switch.Closing).ConfigureAwait(false);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
        finally
        {
            lock (_gate)
            {
                if (place.List is not null)
                {
                    _handshakes.Remove(place);
                }
            }
        }
    }

    private sealed record Handshake(Socket Socket, string Host, long Begun);
}
