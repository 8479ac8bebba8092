using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;

namespace SwarmBench;

/// <summary>
/// A port before a server's: what passes comes later by half a round trip in each direction, however much there is; all connections can be
/// cut.
/// </summary>
internal sealed class Relay : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentDictionary<Socket, bool> _open = [];
    private readonly TimeSpan _late;
    private readonly Task _accepting;
    private volatile IPEndPoint _target;

    public Relay(string target, TimeSpan roundTrip)
    {
        (_target, _late) = (IPEndPoint.Parse(target), roundTrip / 2);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public string Address => _listener.LocalEndpoint.ToString()!;

    /// <summary>Where the server listens from now on.</summary>
    public void PointTo(string target) => _target = IPEndPoint.Parse(target);

    /// <summary>Breaks all connections, without a farewell.</summary>
    public void Cut()
    {
        foreach (Socket socket in _open.Keys)
        {
            socket.Close(timeout: 0);
        }
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        Cut();
        await _accepting;
        _listener.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                _ = JoinAsync(await _listener.AcceptSocketAsync());
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // it has been stopped
        }
    }

    private async Task JoinAsync(Socket client)
    {
        using Socket near = client, far = new(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            (near.NoDelay, far.NoDelay) = (true, true);
            (_open[near], _open[far]) = (true, true);
            await far.ConnectAsync(_target);
            await Task.WhenAll(PassAsync(near, far), PassAsync(far, near));
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // either side is gone
        }

        _open.TryRemove(near, out _);
        _open.TryRemove(far, out _);
    }

    private async Task PassAsync(Socket from, Socket to)
    {
        Channel<(long Due, byte[] Bytes)> way = Channel.CreateUnbounded<(long, byte[])>();
        Task sending = SendAsync();
        byte[] buffer = new byte[64 << 10];
        try
        {
            int read;
            while ((read = await from.ReceiveAsync(buffer)) > 0)
            {
                way.Writer.TryWrite((Stopwatch.GetTimestamp() + (long)(_late.TotalSeconds * Stopwatch.Frequency), buffer[..read]));
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // what is on the way still comes
        }

        way.Writer.TryWrite((Stopwatch.GetTimestamp() + (long)(_late.TotalSeconds * Stopwatch.Frequency), []));
        way.Writer.Complete();
        await sending;

        async Task SendAsync()
        {
            try
            {
                await foreach ((long due, byte[] bytes) in way.Reader.ReadAllAsync())
                {
                    TimeSpan left = Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), due);
                    if (left > TimeSpan.Zero)
                    {
                        await Task.Delay(left);
                    }

                    if (bytes.Length == 0)
                    {
                        to.Close(timeout: 0);
                        from.Close(timeout: 0);
                        return;
                    }

                    for (int sent = 0; sent < bytes.Length;)
                    {
                        sent += await to.SendAsync(bytes.AsMemory(sent));
                    }
                }
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // whoever it is for is gone
            }
        }
    }
}
