using Whorl.P2P.Transports.Faults;

namespace Whorl.P2P;

/// <summary>A host whose streams, dialled and answered, suffer what a test wants: delay, loss, cuts and flipped bits, on the test's own clock.</summary>
public sealed class FaultInjectingHost : IPeerHost
{
    private readonly IPeerHost _inner;
    private readonly Func<FaultySide, StreamFaults> _choose;
    private readonly TimeProvider _time;

    /// <param name="inner">The host that does the work; disposed with this one.</param>
    /// <param name="choose">Called twice per stream as it opens, for what it will read and for what it will write.</param>
    /// <param name="time">The clock the delays run by.</param>
    public FaultInjectingHost(IPeerHost inner, Func<FaultySide, StreamFaults> choose, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(inner);
        ArgumentNullException.ThrowIfNull(choose);
        ArgumentNullException.ThrowIfNull(time);
        _inner = inner;
        _choose = choose;
        _time = time;
    }

    /// <inheritdoc/>
    public PeerId Id => _inner.Id;

    /// <inheritdoc/>
    public IReadOnlyList<Multiaddress> ListenAddresses => _inner.ListenAddresses;

    /// <summary>While it returns true for a peer, dials to it fail as to a host that is down; null lets all pass.</summary>
    /// <value>null</value>
    public Func<PeerAddress, bool>? Unreachable { get; set; }

    /// <inheritdoc/>
    public event Action<PeerId>? PeerConnected
    {
        add => _inner.PeerConnected += value;
        remove => _inner.PeerConnected -= value;
    }

    /// <inheritdoc/>
    public byte[]? Sign(ReadOnlySpan<byte> message) => _inner.Sign(message);

    /// <inheritdoc/>
    public async ValueTask<PeerStream> DialAsync(PeerAddress peer, string protocolId, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(peer);
        if (Unreachable?.Invoke(peer) == true)
        {
            throw new PeerUnavailableException($"{peer} was made unreachable") { Peer = peer.Id };
        }

        return Wrap(await _inner.DialAsync(peer, protocolId, cancellationToken).ConfigureAwait(false), dialled: true);
    }

    /// <inheritdoc/>
    public void Handle(string protocolId, Func<PeerStream, CancellationToken, Task> handler)
    {
        ArgumentNullException.ThrowIfNull(handler);
        _inner.Handle(protocolId, async (stream, cancellationToken) =>
        {
            FaultyStream wrapped = Wrap(stream, dialled: false);
            try
            {
                await handler(wrapped, cancellationToken).ConfigureAwait(false);
                await wrapped.DrainAsync(cancellationToken).ConfigureAwait(false);
            }
            catch
            {
                wrapped.Reset();
                throw;
            }
        });
    }

    /// <inheritdoc/>
    public bool Unhandle(string protocolId) => _inner.Unhandle(protocolId);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _inner.DisposeAsync();

    private FaultyStream Wrap(PeerStream stream, bool dialled) => new(
        stream,
        _choose(new FaultySide(stream.RemotePeer, stream.ProtocolId, dialled, IsWriting: false)),
        _choose(new FaultySide(stream.RemotePeer, stream.ProtocolId, dialled, IsWriting: true)),
        _time);
}
