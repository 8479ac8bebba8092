namespace Whorl.P2P;

/// <summary>One duplex stream to a peer, opened for one protocol: bytes in order both ways, each direction closed on its own.</summary>
/// <remarks>
/// Only the asynchronous members work. One reader and one writer may run at once. A read gives 0 after the peer's half close. A peer that dies, a
/// broken connection and a reset surface at once, in a read or write already under way too, as an <see cref="IOException"/>
/// (<see cref="PeerUnavailableException"/> where the connection is gone, <see cref="PeerStreamResetException"/> where only the stream is).
/// A write returns when its bytes are handed on, waiting while the peer's window is full; a cancelled write may have sent a part: reset the stream then.
/// A cancelled read loses nothing. Disposing closes both directions without waiting for the peer; unread bytes are discarded.
/// </remarks>
public abstract class PeerStream : Stream
{
    /// <summary>The other side; null only where a transport without identities was dialled by address alone.</summary>
    public abstract PeerId? RemotePeer { get; }

    /// <summary>The protocol id both sides agreed on.</summary>
    public abstract string ProtocolId { get; }

    /// <summary>
    /// What counts as one host where something is shared out: the peer's IPv4 address or IPv6 network of 56 bits, its relay's where it comes through one, or
    /// "loopback". Null where the transport has no addresses.
    /// </summary>
    public virtual string? RemoteHost => null;

    /// <summary>
    /// Of addresses that the peer tells, those that make sense over the connection to it: whoever comes from elsewhere has nobody dialled in a private network or on
    /// this machine. All where the transport has no addresses.
    /// </summary>
    public virtual IEnumerable<Multiaddress> Believable(IEnumerable<Multiaddress> told) => told;

    /// <summary>One object for all streams of a connection: what they share is kept under it.</summary>
    internal virtual object ConnectionKey => this;

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <exception cref="NotSupportedException">Always.</exception>
    public override long Length => throw new NotSupportedException("a peer stream has no length");

    /// <exception cref="NotSupportedException">Always.</exception>
    public override long Position
    {
        get => throw new NotSupportedException("a peer stream has no position");
        set => throw new NotSupportedException("a peer stream has no position");
    }

    /// <summary>Half close: the peer reads to the end of what was written and then 0 bytes; reading goes on here. Repeated calls do nothing.</summary>
    /// <exception cref="IOException">The stream or its connection is already broken.</exception>
    public abstract ValueTask CloseWriteAsync(CancellationToken cancellationToken);

    /// <summary>Aborts both directions at once; never blocks and never throws. Reads and writes under way fail on both sides.</summary>
    public abstract void Reset();

    /// <inheritdoc/>
    public abstract override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default);

    /// <inheritdoc/>
    public abstract override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default);

    /// <summary>Closes both directions, the written one gracefully; never waits for the peer.</summary>
    public abstract override ValueTask DisposeAsync();

    /// <inheritdoc/>
    public sealed override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc/>
    public sealed override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <summary>Does nothing: a write that returned is already on its way.</summary>
    public sealed override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Does nothing: a write that returned is already on its way.</summary>
    public sealed override void Flush()
    {
    }

    /// <exception cref="NotSupportedException">Always: use the asynchronous form.</exception>
    public sealed override int Read(byte[] buffer, int offset, int count) =>
        throw new NotSupportedException("peer streams are asynchronous: use ReadAsync");

    /// <exception cref="NotSupportedException">Always: use the asynchronous form.</exception>
    public sealed override void Write(byte[] buffer, int offset, int count) =>
        throw new NotSupportedException("peer streams are asynchronous: use WriteAsync");

    /// <exception cref="NotSupportedException">Always.</exception>
    public sealed override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException("a peer stream cannot seek");

    /// <exception cref="NotSupportedException">Always.</exception>
    public sealed override void SetLength(long value) => throw new NotSupportedException("a peer stream has no length");
}
