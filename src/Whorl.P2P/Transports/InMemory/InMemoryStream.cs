using Whorl.P2P.Buffers;

namespace Whorl.P2P.Transports.InMemory;

/// <summary>One end of a stream between two hosts of a process.</summary>
internal sealed class InMemoryStream : PeerStream
{
    private const int MaxSliceBytes = 64 * 1024;

    private readonly InMemoryHost _owner;
    private readonly ReceiveQueue _received = new(new MemoryCounter());
    private readonly SendWindow _window = new(InMemoryNetwork.WindowBytes);
    private InMemoryStream _far = null!; // set once in Connect
    private volatile bool _writeClosed;
    private volatile bool _disposed;

    private InMemoryStream(InMemoryHost owner, PeerId remote, string protocolId)
    {
        _owner = owner;
        RemotePeer = remote;
        ProtocolId = protocolId;
    }

    public override PeerId RemotePeer { get; }

    public override string ProtocolId { get; }

    public static (InMemoryStream Near, InMemoryStream Far) Connect(InMemoryHost near, InMemoryHost far, string protocolId)
    {
        InMemoryStream nearEnd = new(near, far.Id, protocolId);
        InMemoryStream farEnd = new(far, near.Id, protocolId);
        nearEnd._far = farEnd;
        farEnd._far = nearEnd;
        return (nearEnd, farEnd);
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int read = await _received.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        _far._window.TryAdd(read);
        return read;
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_writeClosed && !_disposed)
        {
            throw new InvalidOperationException("write after the half close of a stream");
        }

        while (!buffer.IsEmpty)
        {
            int taken = await _window.TakeAsync(Math.Min(buffer.Length, MaxSliceBytes), cancellationToken).ConfigureAwait(false);
            if (!_far._received.Append(buffer.Span[..taken]))
            {
                throw new PeerStreamResetException($"{RemotePeer} has closed the stream '{ProtocolId}'");
            }

            buffer = buffer[taken..];
        }
    }

    public override ValueTask CloseWriteAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        _writeClosed = true;
        _far._received.End();
        return ValueTask.CompletedTask;
    }

    public override void Reset()
    {
        PeerStreamResetException reset = new($"the stream '{ProtocolId}' was reset here");
        _received.Discard(reset);
        Fail(reset);
        _far.Fail(new PeerStreamResetException($"{_owner.Id} has reset the stream '{ProtocolId}'"));
    }

    /// <summary>Both ends fail as if the connection between them had broken.</summary>
    public void Break(string reason)
    {
        Fail(new PeerUnavailableException(reason) { Peer = RemotePeer });
        _far.Fail(new PeerUnavailableException(reason) { Peer = _owner.Id });
    }

    public override ValueTask DisposeAsync()
    {
        _disposed = true;
        _writeClosed = true;
        _far._received.End();
        PeerStreamResetException closed = new($"the stream '{ProtocolId}' is closed");
        _window.Fail(closed);
        _received.Discard(closed);
        _far._window.Fail(new PeerStreamResetException($"{_owner.Id} has closed the stream '{ProtocolId}'"));
        _owner.Forget(this);
        return ValueTask.CompletedTask;
    }

    private void Fail(IOException failure)
    {
        _received.Fail(failure);
        _window.Fail(failure);
        _owner.Forget(this);
    }
}
