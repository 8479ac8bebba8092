using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;

namespace Whorl.Cli.Chaos;

/// <summary>Stands between clients and a server: forwards what either sends, and breaks it when told.</summary>
/// <param name="time">The clock of delays.</param>
internal sealed class ChaosProxy(TimeProvider time) : IAsyncDisposable
{
    private const int BufferBytes = 16 << 10;
    private const int PiecesOnTheWay = 1024;

    private static readonly TimeSpan OneTick = TimeSpan.FromTicks(1);

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

    /// <summary>Passes on what comes from one side. What is late holds nothing up that comes behind it: a line is long, not slow.</summary>
    private async Task PumpAsync(Socket from, Socket to)
    {
        Channel<Piece> line = Channel.CreateBounded<Piece>(new BoundedChannelOptions(PiecesOnTheWay) { SingleReader = true, SingleWriter = true });
        Task sending = SendAsync(line.Reader, to);
        long free = 0; // when the line has taken all that came so far
        try
        {
            while (true)
            {
                byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
                int read = await from.ReceiveAsync(buffer, _stopping.Token);
                if (read == 0)
                {
                    ArrayPool<byte>.Shared.Return(buffer);
                    break;
                }

                if (Interlocked.Exchange(ref _corrupt, 0) == 1)
                {
                    buffer[read / 2] ^= 0x10;
                }

                free = Math.Max(free, time.GetTimestamp()) + Stamps(Volatile.Read(ref _nanosecondsPerByte) * read / 100);
                await line.Writer.WriteAsync(new Piece(buffer, read, free + Stamps(Volatile.Read(ref _delay))), _stopping.Token);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException or ChannelClosedException)
        {
            // either side is gone
        }

        line.Writer.TryComplete();
        await sending;
    }

    private async Task SendAsync(ChannelReader<Piece> line, Socket to)
    {
        try
        {
            await foreach (Piece piece in line.ReadAllAsync(_stopping.Token))
            {
                await HoldAsync(piece.Due);
                for (int sent = 0; sent < piece.Count;)
                {
                    sent += await to.SendAsync(piece.Buffer.AsMemory(sent, piece.Count - sent), _stopping.Token);
                }

                ArrayPool<byte>.Shared.Return(piece.Buffer);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            to.Dispose(); // so that nothing more is read for it
        }
    }

    private async Task HoldAsync(long due)
    {
        long left;
        while ((left = Math.Max(due, Volatile.Read(ref _closedUntil)) - time.GetTimestamp()) > 0)
        {
            await Task.Delay(TimeSpan.FromSeconds((double)left / time.TimestampFrequency) + OneTick, time, _stopping.Token);
        }
    }

    private long Stamps(long ticks) => (long)((double)ticks / TimeSpan.TicksPerSecond * time.TimestampFrequency);

    private void Forget(Socket socket)
    {
        lock (_sockets)
        {
            _sockets.Remove(socket);
        }

        socket.Dispose();
    }

    /// <summary>Bytes on their way.</summary>
    private readonly record struct Piece(byte[] Buffer, int Count, long Due);
}
