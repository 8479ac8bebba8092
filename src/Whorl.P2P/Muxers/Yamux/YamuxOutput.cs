using Whorl.P2P.Buffers;

namespace Whorl.P2P.Muxers.Yamux;

/// <summary>The sending half of a session: frames gather in one buffer while another is being written, so that many small frames make one write.</summary>
#pragma warning disable CA1001 // a semaphore whose wait handle is never asked for holds nothing to dispose of
internal sealed class YamuxOutput(Stream stream, TimeProvider time, Action onFullConnectionTook)
#pragma warning restore CA1001
{
    /// <summary>Data waits while so many bytes are unsent.</summary>
    private const int SoftLimitBytes = 256 * 1024;

    /// <summary>Control frames are never held back, so a peer that provokes them without reading is cut off here.</summary>
    private const int HardLimitBytes = 1024 * 1024;

    /// <summary>The most one data frame carries: go-yamux's choice.</summary>
    public const int MaxFrameDataBytes = (64 * 1024) - YamuxHeader.Size;

    private readonly Lock _gate = new();
    private readonly AsyncSignal _pendingData = new();
    private readonly AsyncSignal _space = new();
    private readonly SemaphoreSlim _dataTurn = new(1, 1); // data frames of all streams queue here; its holder may wait for space
    private byte[] _pending = new byte[MaxFrameDataBytes];
    private int _pendingBytes;
    private byte[] _writing = new byte[MaxFrameDataBytes];
    private readonly byte[] _urgent = new byte[32 * YamuxHeader.Size]; // pings, which go first; guarded by _gate
    private readonly byte[] _urgentWriting = new byte[32 * YamuxHeader.Size];
    private int _urgentBytes;
    private IOException? _failure;
    private bool _closing;

    /// <summary>A write that takes so long had to wait for the peer's end to acknowledge what was sent before.</summary>
    private static readonly TimeSpan FullConnection = TimeSpan.FromMilliseconds(100);

    /// <summary>Adds a frame without data, at once; pings go before everything that waits.</summary>
    /// <exception cref="ProtocolViolationException">The peer makes us answer and does not read.</exception>
    public void SendControl(YamuxHeader header)
    {
        lock (_gate)
        {
            if (_failure is not null || _closing)
            {
                return; // nobody will read it; the session tells the streams
            }

            if (_pendingBytes > HardLimitBytes)
            {
                throw new ProtocolViolationException("yamux: the peer demands answers and does not read them");
            }

            bool isUrgent = header.Type == YamuxFrameType.Ping && _urgentBytes + YamuxHeader.Size <= _urgent.Length;
            header.Write(isUrgent ? _urgent.AsSpan(_urgentBytes) : Reserve_NeedsLock(YamuxHeader.Size));
            _urgentBytes += isUrgent ? YamuxHeader.Size : 0;
        }

        _pendingData.Set();
    }

    /// <summary>Adds a data frame, waiting its turn and for space.</summary>
    /// <param name="streamId">Whose data.</param>
    /// <param name="flags">What goes with them.</param>
    /// <param name="data">At most <see cref="MaxFrameDataBytes"/>.</param>
    /// <param name="cancellationToken">Cancelled, nothing was added.</param>
    public async ValueTask SendDataAsync(uint streamId, YamuxFlags flags, ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        await _dataTurn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            while (!TryAdd(new YamuxHeader(YamuxFrameType.Data, flags, streamId, (uint)data.Length), data.Span))
            {
                await _space.WaitAsync(cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            _dataTurn.Release();
        }

        _pendingData.Set();
    }

    /// <summary>Writes what gathers until the output is closed or fails; the failure is thrown.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            int length;
            int urgent;
            lock (_gate)
            {
                (_pending, _writing) = (_writing, _pending);
                (length, _pendingBytes) = (_pendingBytes, 0);
                _urgent.AsSpan(0, _urgentBytes).CopyTo(_urgentWriting);
                (urgent, _urgentBytes) = (_urgentBytes, 0);
                if (length + urgent == 0 && _closing)
                {
                    return;
                }
            }

            if (length + urgent == 0)
            {
                await _pendingData.WaitAsync(cancellationToken).ConfigureAwait(false);
                continue;
            }

            _space.Set();
            if (urgent > 0)
            {
                await stream.WriteAsync(_urgentWriting.AsMemory(0, urgent), cancellationToken).ConfigureAwait(false);
            }

            long start = time.GetTimestamp();
            await stream.WriteAsync(_writing.AsMemory(0, length), cancellationToken).ConfigureAwait(false);
            await stream.FlushAsync(cancellationToken).ConfigureAwait(false);
            if (time.GetElapsedTime(start) >= FullConnection)
            {
                onFullConnectionTook();
            }
        }
    }

    /// <summary>Takes nothing more; <see cref="RunAsync"/> ends once all is written.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _closing = true;
        }

        _pendingData.Set();
    }

    /// <summary>Every wait, now and later, throws.</summary>
    public void Fail(IOException failure)
    {
        lock (_gate)
        {
            _failure ??= failure;
        }

        _space.Set();
        _pendingData.Set();
    }

    private bool TryAdd(YamuxHeader header, ReadOnlySpan<byte> data)
    {
        lock (_gate)
        {
            if (_failure is not null)
            {
                throw StreamFailure.Again(_failure);
            }

            if (_closing)
            {
                throw new PeerUnavailableException("yamux: the session is closing");
            }

            if (_pendingBytes >= SoftLimitBytes)
            {
                return false;
            }

            Span<byte> space = Reserve_NeedsLock(YamuxHeader.Size + data.Length);
            header.Write(space);
            data.CopyTo(space[YamuxHeader.Size..]);
            return true;
        }
    }

    private Span<byte> Reserve_NeedsLock(int bytes)
    {
        if (_pendingBytes + bytes > _pending.Length)
        {
            Array.Resize(ref _pending, Math.Max(2 * _pending.Length, _pendingBytes + bytes));
        }

        Span<byte> space = _pending.AsSpan(_pendingBytes, bytes);
        _pendingBytes += bytes;
        return space;
    }
}
