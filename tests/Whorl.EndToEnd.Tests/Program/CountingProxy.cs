using System.Net;
using System.Net.Sockets;

namespace Whorl.EndToEnd.Tests.Program;

/// <summary>A port before a server's, through which connections pass unchanged; when so many bytes have come back from it, something is done, once.</summary>
internal sealed class CountingProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Socket> _open = [];
    private readonly IPEndPoint _target;
    private readonly long _after;
    private readonly Action<CountingProxy> _then;
    private readonly Task _accepting;
    private long _passed;

    /// <param name="target">The server's <c>HOST:PORT</c>.</param>
    /// <param name="after">Bytes from the server.</param>
    /// <param name="then">What is done then.</param>
    public CountingProxy(string target, long after, Action<CountingProxy> then)
    {
        (_target, _after, _then) = (IPEndPoint.Parse(target), after, then);
        _listener.Start();
        Address = _listener.LocalEndpoint.ToString()!;
        _accepting = AcceptAsync();
    }

    public string Address { get; }

    /// <summary>Connections that were opened.</summary>
    public int Connections { get; private set; }

    /// <summary>Breaks the connections that are open, as a router that forgets them would.</summary>
    public void Cut()
    {
        lock (_open)
        {
            _open.ForEach(socket => socket.Close(timeout: 0)); // without a farewell
            _open.Clear();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        Cut();
        await Task.WhenAny(_accepting);
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            Socket near = await _listener.AcceptSocketAsync(_stop.Token), far = new(SocketType.Stream, ProtocolType.Tcp);
            try
            {
                await far.ConnectAsync(_target, _stop.Token);
            }
            catch (SocketException)
            {
                near.Close(timeout: 0); // nobody listens there at present
                continue;
            }

            (near.NoDelay, far.NoDelay) = (true, true);
            Connections++;
            lock (_open)
            {
                _open.AddRange([near, far]);
            }

            _ = PassAsync(near, far, counts: false);
            _ = PassAsync(far, near, counts: true);
        }
    }

    private async Task PassAsync(Socket from, Socket to, bool counts)
    {
        byte[] buffer = new byte[1 << 16];
        try
        {
            while (await from.ReceiveAsync(buffer, _stop.Token) is > 0 and var read)
            {
                if (counts && _passed < _after && Interlocked.Add(ref _passed, read) >= _after)
                {
                    _then(this);
                }

                for (int sent = 0; sent < read;)
                {
                    sent += await to.SendAsync(buffer.AsMemory(sent, read - sent), _stop.Token);
                }
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // It was cut.
        }

        from.Close();
        to.Close();
    }
}
