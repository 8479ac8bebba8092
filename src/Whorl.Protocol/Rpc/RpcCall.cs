using System.Runtime.CompilerServices;
using Whorl.P2P;

namespace Whorl.Protocol.Rpc;

/// <summary>The caller's end of a streaming call. One sender and one receiver may be under way at once.</summary>
/// <remarks>
/// Disposing before the peer has ended the call cancels it there. After <see cref="CompleteAsync"/> the stream stays open for writing, as
/// hivemind's servers take a half close for a cancellation.
/// </remarks>
public sealed class RpcCall : IAsyncDisposable
{
    private readonly PeerStream _stream;
    private bool _ended;

    internal RpcCall(PeerStream stream) => _stream = stream;

    /// <summary>The callee.</summary>
    public PeerId? RemotePeer => _stream.RemotePeer;

    /// <summary>The longest response that is taken, in bytes.</summary>
    /// <value><see cref="RpcLimits.MaxFrameBytes"/></value>
    public int MaxResponseBytes { get; set; } = RpcLimits.MaxFrameBytes;

    /// <summary>Sends a request. Where the peer has ended the call, receiving tells how.</summary>
    /// <exception cref="IOException">The stream is broken, or the peer has ended the call.</exception>
    public ValueTask SendAsync(ReadOnlyMemory<byte> message, CancellationToken cancellationToken) =>
        FrameCodec.WriteMessageAsync(_stream, message, cancellationToken);

    /// <summary>Says that no more requests come. A peer that has ended the call already is no error.</summary>
    public async ValueTask CompleteAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _stream.WriteAsync(FrameCodec.EndOfRequests, cancellationToken).ConfigureAwait(false);
        }
        catch (PeerStreamResetException)
        {
            // Servers may close on the last request, before the mark that follows it arrives; receiving tells how the call ended.
        }
    }

    /// <summary>The next response.</summary>
    /// <returns>The serialized response, or null where the peer has ended the call normally.</returns>
    /// <exception cref="RpcErrorException">The handler failed; the message is what the peer says of it.</exception>
    /// <exception cref="IOException">The stream broke.</exception>
    /// <exception cref="WireFormatException">A malformed frame, or one above the limit; the stream is reset.</exception>
    public async ValueTask<ReadOnlyMemory<byte>?> ReceiveAsync(CancellationToken cancellationToken)
    {
        if (_ended)
        {
            return null;
        }

        try
        {
            if (await FrameCodec.ReadAsync(_stream, MaxResponseBytes, reserve: null, cancellationToken).ConfigureAwait(false) is not { } frame)
            {
                _ended = true;
                return null;
            }

            return frame.IsError ? throw RpcErrorException.OfPeer(FrameCodec.ErrorText(frame)) : frame.Payload;
        }
        catch (Exception e) when (e is WireFormatException or EndOfStreamException)
        {
            _stream.Reset();
            throw;
        }
    }

    /// <summary>All responses that are still to come; throws as <see cref="ReceiveAsync"/> does.</summary>
    public async IAsyncEnumerable<ReadOnlyMemory<byte>> ReceiveAllAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        while (await ReceiveAsync(cancellationToken).ConfigureAwait(false) is { } message)
        {
            yield return message;
        }
    }

    /// <summary>Aborts the call at once; never blocks.</summary>
    public void Reset() => _stream.Reset();

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _stream.DisposeAsync();
}
