using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;

namespace Whorl.Cli.Chaos;

/// <summary>Stands between clients and a server: forwards what either sends, and breaks it when told.</summary>
/// <param name="time">The clock of delays.</param>
internal sealed class ChaosProxy(TimeProvider time) : IAsyncDisposable
{
    private const int BufferBytes = 16 << 10;

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stopping = new();
    private readonly HashSet<Socket> _sockets = []; // guarded by itself
    private readonly List<Task> _pumps = []; // guarded by _sockets
    private Task _accepting = Task.CompletedTask;
    private volatile int _target;
    private int _corrupt;
    private long _delay; // ticks
    private long _nanosecondsPerByte;
    private long _closedUntil; // timestamp of the clock

    /// <summary>The port that clients dial.</summary>
    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Begins to listen.</summary>
    public void Start()
    {
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>Where the server listens, on this machine; 0 while there is none, and who dials is sent away.</summary>
    public void PointTo(int port) => _target = port;

    /// <summary>Closes all connections.</summary>
    public void Cut()
    {
        lock (_sockets)
        {
            foreach (Socket socket in _sockets)
            {
                socket.Dispose();
            }
        }
    }

    /// <summary>Lets nothing pass for a while.</summary>
    public void Hole(TimeSpan lasts) => Volatile.Write(ref _closedUntil, time.GetTimestamp() + (long)(lasts.TotalSeconds * time.TimestampFrequency));

    /// <summary>All that passes comes so much later; zero ends it.</summary>
    public void Delay(TimeSpan by) => Volatile.Write(ref _delay, by.Ticks);

    /// <summary>So many bytes pass in a second in each direction of a connection; 0 for all.</summary>
    public void Narrow(int bytesPerSecond) => Volatile.Write(ref _nanosecondsPerByte, bytesPerSecond == 0 ? 0 : 1_000_000_000L / bytesPerSecond);

    /// <summary>Changes one byte of what passes next.</summary>
    public void Corrupt() => Volatile.Write(ref _corrupt, 1);

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener.Stop();
        Cut();
        await _accepting;
        Task[] pumps;
        lock (_sockets)
        {
            pumps = [.. _pumps];
        }

        await Task.WhenAll(pumps);
        _listener.Dispose();
        _stopping.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                Socket client = await _listener.AcceptSocketAsync(_stopping.Token);
                lock (_sockets)
                {
                    _sockets.Add(client);
                    _pumps.RemoveAll(pump => pump.IsCompleted);
                    _pumps.Add(JoinAsync(client));
                }
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // it has been stopped
        }
    }

    [SuppressMessage("Reliability", "CA2000", Justification = "forgotten, which closes it, when either side ends")]
    private async Task JoinAsync(Socket client)
    {
        await Task.Yield(); // the caller holds the lock
        Socket server = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            client.NoDelay = true;
            lock (_sockets)
            {
                _sockets.Add(server);
            }

            int target = _target;
            if (target == 0)
            {
                return;
            }

            await server.ConnectAsync(IPAddress.Loopback, target, _stopping.Token);
            await Task.WhenAny(PumpAsync(client, server), PumpAsync(server, client));
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // either side is gone
        }
        finally
        {
            Forget(client);
            Forget(server);
        }
    }

    private async Task PumpAsync(Socket from, Socket to)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            int read;
            while ((read = await from.ReceiveAsync(buffer, _stopping.Token)) > 0)
            {
                if (Interlocked.Exchange(ref _corrupt, 0) == 1)
                {
                    buffer[read / 2] ^= 0x10;
                }

                await HoldAsync(read);
                for (int sent = 0; sent < read;)
                {
                    sent += await to.SendAsync(buffer.AsMemory(sent, read - sent), _stopping.Token);
                }
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // either side is gone
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private async Task HoldAsync(int bytes)
    {
        long ticks = Volatile.Read(ref _delay) + (Volatile.Read(ref _nanosecondsPerByte) * bytes / 100);
        if (ticks > 0)
        {
            await Task.Delay(TimeSpan.FromTicks(ticks), time, _stopping.Token);
        }

        long closed;
        while ((closed = Volatile.Read(ref _closedUntil) - time.GetTimestamp()) > 0)
        {
            await Task.Delay(TimeSpan.FromSeconds((double)closed / time.TimestampFrequency) + TimeSpan.FromMilliseconds(1), time, _stopping.Token);
        }
    }

    private void Forget(Socket socket)
    {
        lock (_sockets)
        {
            _sockets.Remove(socket);
        }

        socket.Dispose();
    }
}
