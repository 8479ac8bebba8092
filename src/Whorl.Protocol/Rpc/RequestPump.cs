using System.Threading.Channels;
using Whorl.P2P;
using Whorl.P2P.Buffers;
using Whorl.P2P.Multiformats;

namespace Whorl.Protocol.Rpc;

/// <summary>
/// Takes the requests of a streaming call off its stream, a few ahead of the handler, until the caller's end mark; then watches for the end
/// of the stream. A caller that is gone cancels the call.
/// </summary>
/// <param name="stream">The call's stream.</param>
/// <param name="call">Cancelled when the caller is gone.</param>
/// <param name="lane">What the connection's requests may hold.</param>
/// <param name="longRequests">What the long requests of all connections may hold.</param>
/// <param name="maxFrameBytes">A longer request is malformed.</param>
/// <param name="time">The clock by which a request stalls.</param>
internal sealed class RequestPump(
    PeerStream stream, CancellationTokenSource call, RpcLane lane, ByteBudget longRequests, int maxFrameBytes, TimeProvider time) : IDisposable
{
    /// <summary>
    /// Bytes behind the last expected one that are passed over (p2pd's buffered reader swallows them too) before the caller counts as gone.
    /// </summary>
    private const int MaxTrailingBytes = 64 << 10;

    private readonly Channel<ReadOnlyMemory<byte>> _requests = Channel.CreateBounded<ReadOnlyMemory<byte>>(
        new BoundedChannelOptions(RpcLimits.Prefetch) { SingleReader = true, SingleWriter = true });

    private readonly ByteBudget _budget = lane.Requests;
    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _stalled = new(Timeout.InfiniteTimeSpan, time);
    private volatile bool _isMalformed;
    private int _handled; // bytes of the request that the handler has; touched by it alone
    private int _handledLong; // of the long requests' budget, likewise
    private int _held; // bytes taken from the budget and not given back; guarded by _gate
    private int _heldLong; // of the long requests' budget, likewise

    /// <summary>Bytes of the request that the handler has.</summary>
    public int HandledBytes => _handled;

    /// <summary>Whether the caller sent something that is no frame.</summary>
    public bool IsMalformed => _isMalformed;

    /// <summary>The next request, as <see cref="RpcServerCall.ReceiveAsync"/> gives it; the one before counts as done with.</summary>
    public async ValueTask<ReadOnlyMemory<byte>?> ReceiveAsync(CancellationToken cancellationToken)
    {
        Release(_handled, _handledLong);
        (_handled, _handledLong) = (0, 0);
        while (await _requests.Reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false))
        {
            if (_requests.Reader.TryRead(out ReadOnlyMemory<byte> message))
            {
                (_handled, _handledLong) = (Shared(message.Length), Long(message.Length));
                return message;
            }
        }

        return null;
    }

    /// <summary>Gives back what is held; the call is over and the pump has stopped.</summary>
    public void ReleaseAll() => Release(int.MaxValue, int.MaxValue);

    /// <inheritdoc/>
    public void Dispose() => _stalled.Dispose();

    /// <summary>Takes the one request of a unary call off the stream.</summary>
    /// <exception cref="WireFormatException">Its length is malformed or above the limit.</exception>
    /// <exception cref="EndOfStreamException">The stream ended before it did.</exception>
    public async ValueTask<byte[]> ReadUnaryAsync(string what, CancellationToken cancellationToken)
    {
        int length = await DelimitedReader.TryReadLengthAsync(stream, maxFrameBytes, what, cancellationToken).ConfigureAwait(false)
            ?? throw new EndOfStreamException($"{what}: the stream ended before it");
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stalled.Token);
        try
        {
            await TakeAsync(length, either.Token).ConfigureAwait(false);
            return await DelimitedReader.ReadBodyAsync(stream, length, either.Token, Progressed).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (_stalled.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new EndOfStreamException(Stalled(what), e);
        }
        finally
        {
            Arrived();
        }
    }

    /// <summary>Runs until the caller is gone, its bytes are malformed, or it is stopped; never throws.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(stop, _stalled.Token);
        try
        {
            while (await FrameCodec.ReadAsync(stream, maxFrameBytes, TakeAsync, either.Token, Progressed).ConfigureAwait(false) is { } frame)
            {
                Arrived();
                if (frame.IsError)
                {
                    _requests.Writer.TryComplete(frame.IsEndOfRequests ? null : RpcErrorException.OfPeer(FrameCodec.ErrorText(frame)));
                    await WatchAsync(stop).ConfigureAwait(false);
                    return;
                }

                await _requests.Writer.WriteAsync(frame.Payload, stop).ConfigureAwait(false);
            }

            _requests.Writer.TryComplete(new EndOfStreamException("the caller closed its stream before the end of its requests"));
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            _requests.Writer.TryComplete();
            return;
        }
        catch (OperationCanceledException e)
        {
            _requests.Writer.TryComplete(new EndOfStreamException(Stalled("request"), e));
        }
        catch (WireFormatException e)
        {
            _isMalformed = true;
            _requests.Writer.TryComplete(e);
            return;
        }
        catch (IOException e)
        {
            _requests.Writer.TryComplete(e);
        }

        await call.CancelAsync().ConfigureAwait(false);
    }

    private async ValueTask TakeAsync(int bytes, CancellationToken cancellationToken)
    {
        await _budget.TakeAsync(Shared(bytes), cancellationToken).ConfigureAwait(false);
        lock (_gate)
        {
            _held += Shared(bytes);
        }

        if (Long(bytes) > 0)
        {
            await longRequests.TakeAsync(Long(bytes), cancellationToken).ConfigureAwait(false);
            lock (_gate)
            {
                _heldLong += Long(bytes);
            }

            Progressed(); // from now on it has to get on
        }
    }

    /// <summary>A long request gets on.</summary>
    private void Progressed()
    {
        if (Volatile.Read(ref _heldLong) > 0)
        {
            _stalled.CancelAfter(RpcLimits.StallTimeout);
        }
    }

    /// <summary>It is here.</summary>
    private void Arrived()
    {
        if (Volatile.Read(ref _heldLong) > 0)
        {
            _stalled.CancelAfter(Timeout.InfiniteTimeSpan);
        }
    }

    private static string Stalled(string what) => $"{what}: not {DelimitedReader.PieceBytes >> 10} KiB of it came within {RpcLimits.StallTimeout.TotalSeconds:0} s";

    /// <summary>What a request takes of the long requests' budget.</summary>
    private static int Long(int bytes) => bytes > RpcLimits.ShortRequestBytes ? Shared(bytes) : 0;

    /// <summary>What a request takes of the budget: a longer one has all of it.</summary>
    private static int Shared(int bytes) => Math.Min(bytes, RpcLimits.MaxRequestBytes);

    private void Release(int bytes, int longBytes)
    {
        lock (_gate)
        {
            (bytes, longBytes) = (Math.Min(bytes, _held), Math.Min(longBytes, _heldLong)); // a receive that the handler has left behind may come after the end
            (_held, _heldLong) = (_held - bytes, _heldLong - longBytes);
        }

        longRequests.Return(longBytes);
        _budget.Return(bytes);
    }

    /// <summary>Reads on behind the last request: the end of the stream, or its failure, cancels the call. Never throws.</summary>
    public async Task WatchAsync(CancellationToken stop)
    {
        byte[] scratch = new byte[256];
        try
        {
            for (int passedOver = 0; passedOver < MaxTrailingBytes;)
            {
                int read = await stream.ReadAsync(scratch, stop).ConfigureAwait(false);
                if (read == 0)
                {
                    break;
                }

                passedOver += read;
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return;
        }
        catch (IOException)
        {
            // The caller is gone; said below.
        }

        await call.CancelAsync().ConfigureAwait(false);
    }
}
