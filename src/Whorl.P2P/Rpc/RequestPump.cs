using System.Threading.Channels;

namespace Whorl.P2P.Rpc;

/// <summary>
/// Takes the requests of a streaming call off its stream, a few ahead of the handler, until the caller's end mark; then watches for the end
/// of the stream. A caller that is gone cancels the call.
/// </summary>
/// <param name="stream">The call's stream.</param>
/// <param name="call">Cancelled when the caller is gone.</param>
/// <param name="maxFrameBytes">A longer request is malformed.</param>
internal sealed class RequestPump(PeerStream stream, CancellationTokenSource call, int maxFrameBytes)
{
    /// <summary>
    /// Bytes behind the last expected one that are passed over (p2pd's buffered reader swallows them too) before the caller counts as gone.
    /// </summary>
    private const int MaxTrailingBytes = 64 << 10;

    private readonly Channel<ReadOnlyMemory<byte>> _requests = Channel.CreateBounded<ReadOnlyMemory<byte>>(
        new BoundedChannelOptions(RpcLimits.Prefetch) { SingleReader = true, SingleWriter = true });

    private volatile bool _isMalformed;

    /// <summary>The requests; completed with the failure where there was one.</summary>
    public ChannelReader<ReadOnlyMemory<byte>> Requests => _requests.Reader;

    /// <summary>Whether the caller sent something that is no frame.</summary>
    public bool IsMalformed => _isMalformed;

    /// <summary>Runs until the caller is gone, its bytes are malformed, or it is stopped; never throws.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        try
        {
            while (await FrameCodec.ReadAsync(stream, maxFrameBytes, stop).ConfigureAwait(false) is { } frame)
            {
                if (frame.IsError)
                {
                    _requests.Writer.TryComplete(frame.IsEndOfRequests ? null : new RpcErrorException(FrameCodec.ErrorText(frame)));
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
