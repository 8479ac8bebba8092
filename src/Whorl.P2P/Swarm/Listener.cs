using System.Net;
using System.Net.Sockets;
using Whorl.P2P.Transports.Tcp;

namespace Whorl.P2P.Swarm;

/// <summary>Takes inbound TCP connections on one address, within the limits of connections and of handshakes under way.</summary>
internal sealed class Listener : IAsyncDisposable
{
    private const int MaxHandshakes = 128;

    private readonly Switch _switch;
    private readonly Socket _socket;
    private readonly IPEndPoint _bound;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _accepting;
    private int _handshakes;

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

            if (_switch.Pool.Count >= _switch.Options.MaxConnections || Volatile.Read(ref _handshakes) >= MaxHandshakes)
            {
                socket.Dispose();
                continue;
            }

            Interlocked.Increment(ref _handshakes);
            _switch.Background.Run("an inbound handshake", () => AnswerAsync(socket));
        }
    }

    private async Task PauseAsync() =>
        await Task.Delay(TimeSpan.FromMilliseconds(100), _switch.Time, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    private async Task AnswerAsync(Socket socket)
    {
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
            Interlocked.Decrement(ref _handshakes);
        }
    }
}
