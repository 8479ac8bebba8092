using Whorl.P2P.Buffers;
using Whorl.P2P.Multiformats;

namespace Whorl.P2P.Muxers.Yamux;

/// <summary>One stream of a yamux session.</summary>
internal sealed class YamuxStream : PeerStream
{
    /// <summary>What a peer may still send to a stream that was disposed here before it is reset: it may not have noticed yet.</summary>
    private const int MaxDiscardedBytes = 1024 * 1024;

    /// <summary>How long a peer may leave a stream open that was disposed here.</summary>
    private static readonly TimeSpan MaxLingering = TimeSpan.FromSeconds(60);

    private readonly YamuxSession _session;
    private readonly ReceiveQueue _received;
    private readonly SendWindow _sendWindow = new(YamuxOptions.InitialWindowBytes);
    private readonly Lock _gate = new();

    // Guarded by _gate.
    private int _window = YamuxOptions.InitialWindowBytes; // what the peer may have unread here
    private long _credit = YamuxOptions.InitialWindowBytes; // what it may still send
    private long _epochStart;
    private long _discarded;
    private bool _finSent;
    private bool _finReceived;
    private long _disposedAt;
    private bool _disposed;
    private bool _over;

    public YamuxStream(YamuxSession session, uint id, bool isOutbound)
    {
        _session = session;
        _received = new ReceiveQueue(session.ReceivedMemory);
        StreamId = id;
        IsOutbound = isOutbound;
        _epochStart = session.Time.GetTimestamp();
    }

    public uint StreamId { get; }

    public bool IsOutbound { get; }

    public override PeerId? RemotePeer => _session.RemotePeer;

    /// <summary>Set once, when it was negotiated.</summary>
    public override string ProtocolId => NegotiatedProtocol;

    /// <summary>The connection it belongs to; null in tests of the session alone.</summary>
    public Swarm.Connection? Connection { get; set; }

    public string NegotiatedProtocol { get; set; } = "";

    public override string? RemoteHost => Connection?.RemoteHost;

    public override IEnumerable<Multiaddress> Believable(IEnumerable<Multiaddress> told) => AddressScopes.Filter(told, Connection?.RemoteAddress);

    internal override object ConnectionKey => (object?)Connection ?? this;

    /// <summary>The current receive window, for tests.</summary>
    public int WindowBytes
    {
        get
        {
            lock (_gate)
            {
                return _window;
            }
        }
    }

    /// <summary>Bytes received and not yet read.</summary>
    public int BufferedBytes => _received.BufferedBytes;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int read = await _received.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        if (read > 0)
        {
            GrantWindow();
        }

        return read;
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        lock (_gate)
        {
            if (_finSent && !_disposed)
            {
                throw new InvalidOperationException("write after the half close of a stream");
            }
        }

        while (!buffer.IsEmpty)
        {
            int taken = await _sendWindow.TakeAsync(Math.Min(buffer.Length, YamuxOutput.MaxFrameDataBytes), cancellationToken).ConfigureAwait(false);
            await _session.Output.SendDataAsync(StreamId, YamuxFlags.None, buffer[..taken], cancellationToken).ConfigureAwait(false);
            buffer = buffer[taken..];
        }
    }

    public override ValueTask CloseWriteAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (_session.Failure is { } failure)
        {
            throw StreamFailure.Again(failure);
        }

        SendFin();
        return ValueTask.CompletedTask;
    }

    public override void Reset()
    {
        bool tell;
        lock (_gate)
        {
            tell = !_over && !(_finSent && _finReceived);
        }

        if (tell)
        {
            _session.TrySendControl(new YamuxHeader(YamuxFrameType.WindowUpdate, YamuxFlags.Rst, StreamId, 0));
        }

        PeerStreamResetException reset = new($"the stream '{ProtocolId}' was reset here");
        _received.Discard(reset);
        Fail(reset);
    }

    public override ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            if (_disposed)
            {
                return ValueTask.CompletedTask;
            }

            _disposed = true;
            _disposedAt = _session.Time.GetTimestamp();
        }

        PeerStreamResetException closed = new($"the stream '{ProtocolId}' is closed");
        SendFin();
        _sendWindow.Fail(closed);
        int dropped = _received.Discard(closed);
        if (dropped > 0)
        {
            OnDiscarded(dropped);
        }

        return ValueTask.CompletedTask;
    }

    /// <summary>Takes the length of a data frame off the credit.</summary>
    /// <returns>False where the peer sends more than it was granted.</returns>
    public bool TryAcceptData(uint length)
    {
        lock (_gate)
        {
            if (length > _credit || (_finReceived && length > 0))
            {
                return false;
            }

            _credit -= length;
            return true;
        }
    }

    public void OnData(ReadOnlySpan<byte> bytes)
    {
        if (!_received.Append(bytes))
        {
            OnDiscarded(bytes.Length);
        }
    }

    /// <summary>Takes over the rented array.</summary>
    public void OnOwnedData(byte[] rented, int length)
    {
        if (!_received.AppendOwned(rented, length))
        {
            OnDiscarded(length);
        }
    }

    /// <returns>False where the window leaves the range of the protocol.</returns>
    public bool TryRaiseSendWindow(uint bytes) => _sendWindow.TryAdd(bytes, uint.MaxValue);

    public void OnFin()
    {
        bool over;
        lock (_gate)
        {
            _finReceived = true;
            over = _finSent;
        }

        _received.End();
        if (over)
        {
            Finish();
        }
    }

    /// <summary>The stream is over: writes throw, and reads but for what came before the peer's end.</summary>
    public void Fail(IOException failure)
    {
        _received.Fail(failure);
        _sendWindow.Fail(failure);
        Finish();
    }

    /// <summary>Resets a stream that was disposed here long ago and never ended by the peer.</summary>
    public void ResetIfLingering()
    {
        bool lingers;
        lock (_gate)
        {
            lingers = _disposed && !_over && _session.Time.GetElapsedTime(_disposedAt) > MaxLingering;
        }

        if (lingers)
        {
            Reset();
        }
    }

    private void SendFin()
    {
        bool over;
        lock (_gate)
        {
            if (_finSent || _over)
            {
                return;
            }

            _finSent = true;
            over = _finReceived;
        }

        _session.TrySendControl(new YamuxHeader(YamuxFrameType.WindowUpdate, YamuxFlags.Fin, StreamId, 0));
        if (over)
        {
            Finish();
        }
    }

    private void Finish()
    {
        int growth;
        lock (_gate)
        {
            if (_over)
            {
                return;
            }

            _over = true;
            growth = _window - YamuxOptions.InitialWindowBytes;
            _window = YamuxOptions.InitialWindowBytes;
        }

        _session.OnStreamOver(this, growth);
    }

    private void GrantWindow()
    {
        uint grant;
        lock (_gate)
        {
            if (_over || _finReceived)
            {
                return;
            }

            long missing = _window - _received.BufferedBytes - _credit;
            if (missing < _window / 2)
            {
                return;
            }

            TimeSpan epoch = _session.Time.GetElapsedTime(_epochStart);
            if (epoch < 4 * _session.RoundTripTime)
            {
                int growth = _session.TakeGrowth(Math.Min(_window, _session.Options.MaxWindowBytes - _window));
                _window += growth;
                missing += growth;
            }

            _epochStart = _session.Time.GetTimestamp();
            _credit += missing;
            grant = (uint)missing;
        }

        _session.TrySendControl(new YamuxHeader(YamuxFrameType.WindowUpdate, YamuxFlags.None, StreamId, grant));
    }

    private void OnDiscarded(int bytes)
    {
        lock (_gate)
        {
            _discarded += bytes;
            if (_over)
            {
                return;
            }
        }

        if (_discarded > MaxDiscardedBytes)
        {
            Reset();
        }
        else
        {
            GrantWindow();
        }
    }
}
