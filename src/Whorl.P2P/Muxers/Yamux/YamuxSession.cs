using System.Collections.Concurrent;
using Whorl.P2P.Buffers;

namespace Whorl.P2P.Muxers.Yamux;

/// <summary>Many streams over one connection: <c>/yamux/1.0.0</c> as go-yamux v4 behaves.</summary>
/// <remarks>
/// Source: <see href="https://github.com/libp2p/specs/blob/master/yamux/README.md"/>. The session ends, and every stream of it fails at once, when the
/// connection breaks, when the peer breaks the protocol, and when it is silent for longer than the options allow.
/// </remarks>
internal sealed partial class YamuxSession : IAsyncDisposable
{
    public const string ProtocolId = "/yamux/1.0.0";

    private const uint NormalEnd = 0, ProtocolError = 1;

    private static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(1);

    private readonly Stream _stream;
    private readonly bool _isDialer;
    private readonly Action<YamuxStream> _onInbound;
    private readonly ConcurrentDictionary<uint, YamuxStream> _streams = new();
    private readonly SemaphoreSlim _outboundSlots;
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource<IOException> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _writing;
    private readonly Task? _receiving; // null while the constructor runs
    private readonly Task _running;
    private readonly ITimer _keepAlive;
    private readonly Lock _gate = new();

    // Guarded by _gate.
    private uint _lastOutbound;
    private int _growthLeft;
    private IOException? _failure;

    private volatile bool _goingAway;
    private int _disposed;

    /// <param name="stream">The secured connection; owned by the session.</param>
    /// <param name="isDialer">The dialer numbers its streams odd, the listener even.</param>
    /// <param name="remotePeer">Who is on the other side.</param>
    /// <param name="options">The limits.</param>
    /// <param name="time">The clock of keep-alive and round trips.</param>
    /// <param name="onInbound">Gets every stream the peer opens, on the receiving loop: it must return at once.</param>
    public YamuxSession(Stream stream, bool isDialer, PeerId? remotePeer, YamuxOptions options, TimeProvider time, Action<YamuxStream> onInbound)
    {
        _stream = stream;
        _isDialer = isDialer;
        _onInbound = onInbound;
        RemotePeer = remotePeer;
        Options = options;
        Time = time;
        Output = new YamuxOutput(stream, time, OnFullConnectionTook);
        _outboundSlots = new SemaphoreSlim(options.MaxOutboundStreams, options.MaxOutboundStreams);
        _growthLeft = options.MaxGrowthBytes;
        _lastOutbound = isDialer ? uint.MaxValue : 0; // plus 2: the first is 1 or 2
        _lastReceived = _lastUsed = _lastSent = time.GetTimestamp();
        SendPing();
        _keepAlive = time.CreateTimer(static session => ((YamuxSession)session!).Check(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        ScheduleCheck();
        _writing = GuardAsync(WriteAsync);
        _receiving = GuardAsync(ReceiveAsync);
        _running = Task.WhenAll(_writing, _receiving);
    }

    public PeerId? RemotePeer { get; }

    public YamuxOptions Options { get; }

    public TimeProvider Time { get; }

    public YamuxOutput Output { get; }

    /// <summary>The memory of what was received and not yet read, in all streams.</summary>
    public MemoryCounter ReceivedMemory { get; } = new();

    /// <summary>Completes, with the reason, when the session has ended for whatever reason.</summary>
    public Task<IOException> Ended => _ended.Task;

    /// <summary>Why the session ended; null while it lives.</summary>
    public IOException? Failure
    {
        get
        {
            lock (_gate)
            {
                return _failure;
            }
        }
    }

    /// <summary>Whether new streams can be opened.</summary>
    public bool IsUsable => !_goingAway && Failure is null;

    /// <summary>Streams that are not over on both sides.</summary>
    public int OpenStreams => _streams.Count;

    /// <summary>Bytes that were received and not yet read, in all streams.</summary>
    public long BufferedBytes => _streams.Values.Sum(s => (long)s.BufferedBytes);

    /// <summary>Opens a stream; waits while the most allowed are open.</summary>
    /// <exception cref="PeerUnavailableException">The session has ended or is about to.</exception>
    public async ValueTask<YamuxStream> OpenAsync(CancellationToken cancellationToken)
    {
        await _outboundSlots.WaitAsync(cancellationToken).ConfigureAwait(false);
        YamuxStream? stream = null;
        lock (_gate)
        {
            if (_failure is null && !_goingAway)
            {
                _lastOutbound = unchecked(_lastOutbound + 2);
                stream = new YamuxStream(this, _lastOutbound, isOutbound: true);
                _streams[stream.StreamId] = stream;
            }
        }

        if (stream is null)
        {
            _outboundSlots.Release();
            throw Failure is { } failure ? StreamFailure.Again(failure) : new PeerUnavailableException("yamux: the peer takes no new streams") { Peer = RemotePeer };
        }

        TrySendControl(new YamuxHeader(YamuxFrameType.WindowUpdate, YamuxFlags.Syn, stream.StreamId, 0));
        Watch();
        return stream;
    }

    /// <summary>Sends a frame without data; a peer that provokes more of them than it reads ends the session.</summary>
    public void TrySendControl(YamuxHeader header)
    {
        try
        {
            Output.SendControl(header);
        }
        catch (ProtocolViolationException e)
        {
            End(e);
        }
    }

    /// <summary>Takes from what all windows together may still grow.</summary>
    public int TakeGrowth(int wantedBytes)
    {
        lock (_gate)
        {
            int taken = Math.Min(wantedBytes, _growthLeft);
            _growthLeft -= taken;
            return taken;
        }
    }

    /// <summary>A stream is over on both sides and gives its growth back.</summary>
    public void OnStreamOver(YamuxStream stream, int growthBytes)
    {
        lock (_gate)
        {
            _growthLeft += growthBytes;
        }

        if (_streams.TryRemove(stream.StreamId, out _))
        {
            if (stream.IsOutbound)
            {
                _outboundSlots.Release();
            }
            else
            {
                Interlocked.Decrement(ref _inboundStreams);
            }
        }
    }

    /// <summary>Says goodbye, gives what is already written a second to leave, and closes the connection.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            await CloseAsync(NormalEnd, new PeerUnavailableException("the connection was closed here") { Peer = RemotePeer }).ConfigureAwait(false);
        }

        await _running.ConfigureAwait(false);
    }

    private async Task WriteAsync()
    {
        try
        {
            await Output.RunAsync(_stop.Token).ConfigureAwait(false);
        }
        catch (IOException e)
        {
            // The peer has closed, and what it said before may still lie unread: why, perhaps.
            _goingAway = true;
            Output.Fail(new PeerUnavailableException($"the connection to {RemotePeer} broke: {e.Message}", e) { Peer = RemotePeer });
            await (_receiving ?? Task.CompletedTask).WaitAsync(CloseTimeout, TimeProvider.System).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw;
        }
    }

    private async Task CloseAsync(uint code, IOException reason)
    {
        _goingAway = true;
        TrySendControl(new YamuxHeader(YamuxFrameType.GoAway, YamuxFlags.None, 0, code));
        Output.Close();
        try
        {
            // By the system's clock: a host whose clock a test holds still must close too.
            await _writing.WaitAsync(CloseTimeout, TimeProvider.System).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // The peer does not read; what is left for it is lost, as the summary says.
        }

        End(reason);
    }

    /// <summary>Fails everything; the first reason stays.</summary>
    private void End(IOException reason)
    {
        lock (_gate)
        {
            if (_failure is not null)
            {
                return;
            }

            _failure = reason;
        }

        Output.Fail(reason);
        foreach (YamuxStream stream in _streams.Values)
        {
            stream.Fail(reason);
        }

        _stop.Cancel();
        _keepAlive.Dispose();
        _ = GuardAsync(() => _stream.DisposeAsync().AsTask()); // a read under way ends by it
        _ended.TrySetResult(reason);
    }

    /// <summary>Runs one of the session's loops; whatever ends it with an error ends the session.</summary>
    private async Task GuardAsync(Func<Task> loop)
    {
        try
        {
            await loop().ConfigureAwait(false);
        }
        catch (Exception e) when (e is WireFormatException or ProtocolViolationException)
        {
            ProtocolViolationException violation = e as ProtocolViolationException ?? new ProtocolViolationException(e.Message, e);
            await CloseAsync(ProtocolError, violation).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or OperationCanceledException or System.Net.Sockets.SocketException)
        {
            End(new PeerUnavailableException($"the connection to {RemotePeer} broke: {e.Message}", e) { Peer = RemotePeer });
        }
    }
}
