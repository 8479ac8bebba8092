using System.Net.Sockets;

namespace Whorl.P2P.Transports.Loopback;

/// <summary>A stream that has a TCP connection of its own.</summary>
internal sealed class LoopbackStream(NetworkStream network, PeerId remote, string protocolId, Action<LoopbackStream> closed) : PeerStream
{
    private volatile bool _reset;
    private volatile bool _writeClosed;

    public override PeerId RemotePeer => remote;

    public override string ProtocolId => protocolId;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            return await network.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            throw Failure(e);
        }
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_writeClosed)
        {
            throw new InvalidOperationException("write after the half close of a stream");
        }

        try
        {
            await network.WriteAsync(buffer, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            throw Failure(e);
        }
    }

    public override ValueTask CloseWriteAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            if (!_writeClosed)
            {
                _writeClosed = true;
                network.Socket.Shutdown(SocketShutdown.Send);
            }

            return ValueTask.CompletedTask;
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            throw Failure(e);
        }
    }

    public override void Reset()
    {
        _reset = true;
        network.Socket.Close(0); // no lingering: the peer gets a TCP reset
        network.Dispose();
        closed(this);
    }

    public override async ValueTask DisposeAsync()
    {
        if (!_reset)
        {
            await network.DisposeAsync().ConfigureAwait(false);
            closed(this);
        }
    }

    private IOException Failure(Exception cause) => _reset
        ? new PeerStreamResetException($"the stream '{protocolId}' was reset here", cause)
        : new PeerUnavailableException($"the stream '{protocolId}' to {remote} broke: {cause.Message}", cause) { Peer = remote };
}
