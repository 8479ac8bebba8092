using System.Threading.Channels;

namespace Whorl.P2P.Transports.Faults;

/// <summary>A stream through which every byte passes the faults of its direction.</summary>
internal sealed class FaultyStream : PeerStream
{
    /// <summary>How many delayed writes may be on their way before the writer waits.</summary>
    private const int MaxWritesUnderWay = 1024;

    private readonly PeerStream _inner;
    private readonly StreamFaults _reading;
    private readonly StreamFaults _writing;
    private readonly TimeProvider _time;
    private readonly Channel<(DateTimeOffset Due, byte[]? Bytes)>? _delayed; // null bytes: the half close
    private readonly Task _pump = Task.CompletedTask;
    private readonly CancellationTokenSource _stop = new();
    private long _read;
    private long _written;

    public FaultyStream(PeerStream inner, StreamFaults reading, StreamFaults writing, TimeProvider time)
    {
        (_inner, _reading, _writing, _time) = (inner, reading, writing, time);
        if (writing.Delay > TimeSpan.Zero)
        {
            _delayed = Channel.CreateBounded<(DateTimeOffset, byte[]?)>(MaxWritesUnderWay);
            _pump = PumpAsync(_delayed.Reader);
        }
    }

    public override PeerId? RemotePeer => _inner.RemotePeer;

    public override string ProtocolId => _inner.ProtocolId;

    internal override object ConnectionKey => _inner.ConnectionKey;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int wanted = buffer.Length;
        if (_reading.CutAfterBytes is { } cut)
        {
            wanted = (int)Math.Min(wanted, cut - _read);
            if (wanted <= 0 && buffer.Length > 0)
            {
                throw Cut();
            }
        }

        int read = await _inner.ReadAsync(buffer[..wanted], cancellationToken).ConfigureAwait(false);
        if (_reading.DropAfterBytes is { } drop && _read + read >= drop && (read == 0 || _read + read > drop))
        {
            int kept = (int)(drop - _read);
            _read += kept;
            return kept > 0 ? kept : await NeverAsync(cancellationToken).ConfigureAwait(false);
        }

        if (_reading.Delay > TimeSpan.Zero && read > 0)
        {
            await Task.Delay(_reading.Delay, _time, cancellationToken).ConfigureAwait(false);
        }

        Corrupt(_reading, _read, buffer.Span[..read]);
        _read += read;
        return read;
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        byte[] bytes = buffer.ToArray();
        Corrupt(_writing, _written, bytes);
        long start = _written;
        _written += bytes.Length;
        int passing = (int)Math.Clamp(Math.Min(_writing.DropAfterBytes ?? long.MaxValue, _writing.CutAfterBytes ?? long.MaxValue) - start, 0, bytes.Length);
        if (passing > 0)
        {
            await SendAsync(bytes[..passing], cancellationToken).ConfigureAwait(false);
        }

        if (passing < bytes.Length && start + passing == _writing.CutAfterBytes)
        {
            throw Cut();
        }
    }

    public override async ValueTask CloseWriteAsync(CancellationToken cancellationToken)
    {
        if (!(_written >= _writing.DropAfterBytes))
        {
            await SendAsync(null, cancellationToken).ConfigureAwait(false);
        }
    }

    public override void Reset()
    {
        _stop.Cancel();
        _inner.Reset();
    }

    /// <summary>What is on its way still arrives afterwards: the pump closes the inner stream at its end.</summary>
    public override async ValueTask DisposeAsync()
    {
        if (_delayed is null)
        {
            await _inner.DisposeAsync().ConfigureAwait(false);
        }
        else
        {
            _delayed.Writer.TryComplete();
        }
    }

    /// <summary>Disposes and waits until what was on its way has arrived.</summary>
    public async Task DrainAsync(CancellationToken cancellationToken)
    {
        await DisposeAsync().ConfigureAwait(false);
        await _pump.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    private static void Corrupt(StreamFaults faults, long start, Span<byte> bytes)
    {
        if (faults.CorruptByteAt is { } at && at >= start && at < start + bytes.Length)
        {
            bytes[(int)(at - start)] ^= 1;
        }
    }

    private async ValueTask SendAsync(byte[]? bytes, CancellationToken cancellationToken)
    {
        if (_delayed is null)
        {
            await ForwardAsync(bytes, cancellationToken).ConfigureAwait(false);
            return;
        }

        try
        {
            await _delayed.Writer.WriteAsync((_time.GetUtcNow() + _writing.Delay, bytes), cancellationToken).ConfigureAwait(false);
        }
        catch (ChannelClosedException e)
        {
            throw e.InnerException as IOException ?? new PeerStreamResetException($"the stream '{ProtocolId}' is closed", e);
        }
    }

    private async ValueTask ForwardAsync(byte[]? bytes, CancellationToken cancellationToken)
    {
        if (bytes is null)
        {
            await _inner.CloseWriteAsync(cancellationToken).ConfigureAwait(false);
        }
        else
        {
            await _inner.WriteAsync(bytes, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task PumpAsync(ChannelReader<(DateTimeOffset Due, byte[]? Bytes)> delayed)
    {
        try
        {
            await foreach ((DateTimeOffset due, byte[]? bytes) in delayed.ReadAllAsync(_stop.Token).ConfigureAwait(false))
            {
                TimeSpan left = due - _time.GetUtcNow();
                if (left > TimeSpan.Zero)
                {
                    await Task.Delay(left, _time, _stop.Token).ConfigureAwait(false);
                }

                await ForwardAsync(bytes, _stop.Token).ConfigureAwait(false);
            }

            await _inner.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            _delayed!.Writer.TryComplete(e as IOException ?? new PeerStreamResetException($"the stream '{ProtocolId}' was reset here", e));
            _inner.Reset();
        }
    }

    private async ValueTask<int> NeverAsync(CancellationToken cancellationToken)
    {
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stop.Token);
        try
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, _time, either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new PeerStreamResetException($"the stream '{ProtocolId}' was reset here", e);
        }

        return 0;
    }

    private PeerUnavailableException Cut()
    {
        Reset();
        return new PeerUnavailableException($"the link of '{ProtocolId}' to {RemotePeer} was cut") { Peer = RemotePeer };
    }
}
