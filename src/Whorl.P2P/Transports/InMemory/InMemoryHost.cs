using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Whorl.P2P.Transports.InMemory;

/// <summary>One node of an <see cref="InMemoryNetwork"/>.</summary>
internal sealed class InMemoryHost(InMemoryNetwork network, PeerId id, PeerIdentity? identity, Multiaddress address, ILogger logger) : IPeerHost
{
    private readonly HandlerTable _handlers = new(logger);
    private readonly ConcurrentDictionary<InMemoryStream, bool> _streams = new();
    private volatile string? _broken;

    public PeerId Id => id;

    public IReadOnlyList<Multiaddress> ListenAddresses { get; } = [address];

    public byte[]? Sign(ReadOnlySpan<byte> message) => identity?.Sign(message);

    public ValueTask<PeerStream> DialAsync(PeerAddress peer, string protocolId, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(peer);
        ProtocolIds.Check(protocolId);
        cancellationToken.ThrowIfCancellationRequested();
        if (_broken is { } reason)
        {
            throw new PeerUnavailableException(reason) { Peer = peer.Id };
        }

        InMemoryHost remote = network.Find(peer);
        if (!remote._handlers.Contains(protocolId))
        {
            throw new ProtocolNotSupportedException($"{remote.Id} does not speak '{protocolId}'") { ProtocolId = protocolId };
        }

        (InMemoryStream near, InMemoryStream far) = InMemoryStream.Connect(this, remote, protocolId);
        Add(near);
        remote.Add(far);
        if (remote._handlers.TryStartAsync(far) is null)
        {
            near.Reset();
            far.Reset();
            throw new PeerUnavailableException($"{remote.Id} is closing") { Peer = remote.Id };
        }

        return ValueTask.FromResult<PeerStream>(near);
    }

    public void Handle(string protocolId, Func<PeerStream, CancellationToken, Task> handler) => _handlers.Add(protocolId, handler);

    public bool Unhandle(string protocolId) => _handlers.Remove(protocolId);

    /// <summary>Fails every stream of this host on both sides, and every later dial.</summary>
    public void Break(string reason)
    {
        _broken = reason;
        foreach (InMemoryStream stream in _streams.Keys)
        {
            stream.Break(reason);
        }
    }

    public void Forget(InMemoryStream stream)
    {
        if (_streams.TryRemove(stream, out _))
        {
            network.CountStreams(-1);
        }
    }

    public async ValueTask DisposeAsync()
    {
        network.Remove(this);
        await _handlers.CancelAsync().ConfigureAwait(false);
        Break($"peer {id} has closed");
        await _handlers.DisposeAsync().ConfigureAwait(false);
    }

    private void Add(InMemoryStream stream)
    {
        network.CountStreams(1);
        _streams[stream] = true;
        if (_broken is { } reason) // killed between the look-up and the line above
        {
            stream.Break(reason);
        }
    }
}
