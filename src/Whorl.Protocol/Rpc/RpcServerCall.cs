using System.Runtime.CompilerServices;
using Whorl.P2P;

namespace Whorl.Protocol.Rpc;

/// <summary>The handler's end of a streaming call. One sender and one receiver may be under way at once.</summary>
public sealed class RpcServerCall
{
    private readonly PeerStream _stream;
    private readonly RequestPump _pump;

    internal RpcServerCall(PeerStream stream, RequestPump pump)
    {
        (_stream, _pump) = (stream, pump);
        Context = new RpcContext(stream.RemotePeer, stream.ProtocolId, stream.RemoteHost);
    }

    /// <summary>Who calls what.</summary>
    public RpcContext Context { get; }

    /// <summary>The next request.</summary>
    /// <returns>The serialized request, or null where the caller has said that no more come.</returns>
    /// <exception cref="WireFormatException">The caller sent something that is no frame, or one above the limit.</exception>
    /// <exception cref="IOException">The caller is gone; the handler's token is cancelled as well.</exception>
    public ValueTask<ReadOnlyMemory<byte>?> ReceiveAsync(CancellationToken cancellationToken) => _pump.ReceiveAsync(cancellationToken);

    /// <summary>All requests that are still to come; throws as <see cref="ReceiveAsync"/> does.</summary>
    public async IAsyncEnumerable<ReadOnlyMemory<byte>> ReceiveAllAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        while (await ReceiveAsync(cancellationToken).ConfigureAwait(false) is { } message)
        {
            yield return message;
        }
    }

    /// <summary>Sends a response.</summary>
    /// <exception cref="IOException">The caller is gone.</exception>
    public ValueTask SendAsync(ReadOnlyMemory<byte> message, CancellationToken cancellationToken) =>
        FrameCodec.WriteMessageAsync(_stream, message, cancellationToken);
}
