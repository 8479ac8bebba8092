using System.Buffers;

namespace Whorl.P2P.Muxers.Yamux;

/// <content>The receiving loop.</content>
internal sealed partial class YamuxSession
{
    /// <summary>No data frame is longer: the largest window anybody grants.</summary>
    private const int MaxFrameBytes = 16 * 1024 * 1024;

    private const int ReceiveBufferBytes = 64 * 1024;

    /// <summary>From here on bytes are received where they will lie, not copied there.</summary>
    private const int MinDirectBytes = 8 * 1024;

    private readonly byte[] _buffer = GC.AllocateUninitializedArray<byte>(ReceiveBufferBytes);
    private int _start;
    private int _end;
    private int _inboundStreams;

    private async Task ReceiveAsync()
    {
        while (true)
        {
            while (_end - _start < YamuxHeader.Size)
            {
                if (!await FillAsync().ConfigureAwait(false))
                {
                    throw _end == _start ? new EndOfStreamException("the peer has closed it") : new EndOfStreamException("it ended within a frame");
                }
            }

            YamuxHeader header = YamuxHeader.Read(_buffer.AsSpan(_start));
            _start += YamuxHeader.Size;
            switch (header.Type)
            {
                case YamuxFrameType.Ping:
                    OnPing(header);
                    break;
                case YamuxFrameType.GoAway:
                    _goingAway = true;
                    break;
                default:
                    await OnStreamFrameAsync(header).ConfigureAwait(false);
                    break;
            }
        }
    }

    private async ValueTask OnStreamFrameAsync(YamuxHeader header)
    {
        Volatile.Write(ref _lastUsed, Time.GetTimestamp());
        YamuxStream? stream = (header.Flags & YamuxFlags.Syn) != 0 ? Accept(header.StreamId) : _streams.GetValueOrDefault(header.StreamId);
        if (header.Type == YamuxFrameType.WindowUpdate)
        {
            if (stream?.TryRaiseSendWindow(header.Length) == false)
            {
                throw new ProtocolViolationException($"yamux: the window of stream {header.StreamId} exceeds 32 bits");
            }
        }
        else
        {
            if (header.Length > MaxFrameBytes || stream?.TryAcceptData(header.Length) == false)
            {
                throw new ProtocolViolationException($"yamux: {header.Length} bytes for stream {header.StreamId}, more than its window or after its end");
            }

            await ReceiveDataAsync(stream, (int)header.Length).ConfigureAwait(false);
        }

        if ((header.Flags & YamuxFlags.Rst) != 0)
        {
            stream?.Fail(new PeerStreamResetException($"{RemotePeer} has reset the stream '{stream.ProtocolId}'"));
        }
        else if ((header.Flags & YamuxFlags.Fin) != 0)
        {
            stream?.OnFin();
        }
    }

    /// <summary>A stream that the peer opens; null where it is refused.</summary>
    private YamuxStream? Accept(uint id)
    {
        bool isPeers = id != 0 && (id & 1) == (_isDialer ? 0 : 1);
        if (!isPeers || _streams.ContainsKey(id))
        {
            throw new ProtocolViolationException($"yamux: the peer opens stream {id}, which is not its own or open already");
        }

        if (_inboundStreams >= Options.MaxInboundStreams || _goingAway)
        {
            TrySendControl(new YamuxHeader(YamuxFrameType.WindowUpdate, YamuxFlags.Rst, id, 0));
            return null;
        }

        Interlocked.Increment(ref _inboundStreams);
        YamuxStream stream = new(this, id, isOutbound: false);
        _streams[id] = stream;
        Watch();
        TrySendControl(new YamuxHeader(YamuxFrameType.WindowUpdate, YamuxFlags.Ack, id, 0));
        if (Failure is { } failure) // the session ended since: nobody else would tell the stream
        {
            stream.Fail(failure);
        }
        else
        {
            _onInbound(stream);
        }

        return stream;
    }

    /// <summary>Moves the payload of a data frame into its stream, or past it where there is none.</summary>
    private async ValueTask ReceiveDataAsync(YamuxStream? stream, int remaining)
    {
        while (remaining > 0)
        {
            if (_start == _end && stream is not null && remaining >= MinDirectBytes)
            {
                remaining -= await ReceiveDirectlyAsync(stream, Math.Min(remaining, ReceiveBufferBytes)).ConfigureAwait(false);
                KeepWithinMemory();
                continue;
            }

            if (_start == _end && !await FillAsync().ConfigureAwait(false))
            {
                throw new EndOfStreamException("it ended within a frame");
            }

            int taken = Math.Min(remaining, _end - _start);
            stream?.OnData(_buffer.AsSpan(_start, taken));
            _start += taken;
            remaining -= taken;
            KeepWithinMemory();
        }
    }

    private void KeepWithinMemory()
    {
        if (ReceivedMemory.Bytes > Options.MaxUnreadBytes)
        {
            _streams.Values.MaxBy(s => s.BufferedBytes)?.Reset();
        }
    }

    private async ValueTask<int> ReceiveDirectlyAsync(YamuxStream stream, int length)
    {
        byte[] piece = ArrayPool<byte>.Shared.Rent(length);
        int filled = 0;
        try
        {
            while (filled < length)
            {
                int read = await _stream.ReadAsync(piece.AsMemory(filled, length - filled), _stop.Token).ConfigureAwait(false);
                if (read == 0)
                {
                    throw new EndOfStreamException("it ended within a frame");
                }

                filled += read;
                OnAnythingReceived();
            }
        }
        catch
        {
            ArrayPool<byte>.Shared.Return(piece);
            throw;
        }

        stream.OnOwnedData(piece, length);
        return length;
    }

    private async ValueTask<bool> FillAsync()
    {
        if (_start == _end)
        {
            (_start, _end) = (0, 0);
        }
        else if (_start > ReceiveBufferBytes - YamuxHeader.Size)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
        }

        int read = await _stream.ReadAsync(_buffer.AsMemory(_end), _stop.Token).ConfigureAwait(false);
        _end += read;
        OnAnythingReceived();
        return read > 0;
    }
}
