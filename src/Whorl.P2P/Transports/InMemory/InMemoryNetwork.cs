using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Whorl.P2P.Transports.InMemory;

namespace Whorl.P2P;

/// <summary>Hosts in one process that reach each other through back-pressured pipes: the transport of a swarm of one, and of most tests.</summary>
/// <remarks>
/// A host is found by its id alone or by its address, <c>/memory/n</c>. Faults are added by wrapping a host in <see cref="FaultInjectingHost"/>;
/// <see cref="Kill"/> takes a host away as a killed process would.
/// </remarks>
public sealed class InMemoryNetwork
{
    /// <summary>A writer waits once so many bytes lie unread in its direction of a stream: yamux's initial window.</summary>
    public const int WindowBytes = 256 * 1024;

    private readonly ConcurrentDictionary<PeerId, InMemoryHost> _hosts = new();
    private readonly ConcurrentDictionary<Multiaddress, InMemoryHost> _addresses = new();
    private readonly ILogger _logger;
    private int _lastHost;
    private int _openStreams;

    /// <param name="logger">Where failed handlers are told; null for nowhere.</param>
    public InMemoryNetwork(ILogger? logger = null) => _logger = logger ?? NullLogger.Instance;

    /// <summary>How many stream ends are neither disposed nor reset: 0 where nothing leaks.</summary>
    public int OpenStreams => Volatile.Read(ref _openStreams);

    /// <summary>Adds a host with the next id of a fixed sequence, so that runs repeat.</summary>
    public IPeerHost AddHost()
    {
        int number = Interlocked.Increment(ref _lastHost);
        Span<byte> key = stackalloc byte[36]; // the protobuf of an Ed25519 key: type 1, 32 bytes
        key.Clear();
        ((ReadOnlySpan<byte>)[0x08, 0x01, 0x12, 0x20]).CopyTo(key);
        BinaryPrimitives.WriteInt32BigEndian(key[^4..], number);
        return AddHost(PeerId.FromPublicKey(key));
    }

    /// <summary>Adds a host of a given id.</summary>
    /// <exception cref="ArgumentException">The id is already on this network.</exception>
    public IPeerHost AddHost(PeerId id)
    {
        ArgumentNullException.ThrowIfNull(id);
        return AddHost(id, null);
    }

    /// <summary>Adds a host that can sign.</summary>
    /// <exception cref="ArgumentException">Its id is already on this network.</exception>
    public IPeerHost AddHost(PeerIdentity identity)
    {
        ArgumentNullException.ThrowIfNull(identity);
        return AddHost(identity.Id, identity);
    }

    private InMemoryHost AddHost(PeerId id, PeerIdentity? identity)
    {
        int number = Interlocked.Increment(ref _lastHost);
        InMemoryHost host = new(this, id, identity, Multiaddress.Parse("/memory/" + number.ToString(CultureInfo.InvariantCulture)), _logger);
        if (!_hosts.TryAdd(id, host))
        {
            throw new ArgumentException($"{id} is already on this network", nameof(id));
        }

        _addresses[host.ListenAddresses[0]] = host;
        return host;
    }

    /// <summary>Takes a host away at once: all its streams fail on both sides, nobody reaches it any more, and it reaches nobody.</summary>
    /// <returns>Whether it was there.</returns>
    public bool Kill(PeerId id)
    {
        ArgumentNullException.ThrowIfNull(id);
        if (!_hosts.TryGetValue(id, out InMemoryHost? host))
        {
            return false;
        }

        Remove(host);
        host.Break($"peer {id} is gone");
        return true;
    }

    internal InMemoryHost Find(PeerAddress peer)
    {
        InMemoryHost? host = null;
        foreach (Multiaddress address in peer.Addresses)
        {
            if (_addresses.TryGetValue(address, out host) && (peer.Id is null || host.Id == peer.Id))
            {
                return host;
            }
        }

        if (peer.Id is not null && _hosts.TryGetValue(peer.Id, out host))
        {
            return host;
        }

        throw new PeerUnavailableException($"no host on this in-memory network is {peer}") { Peer = peer.Id };
    }

    internal void Remove(InMemoryHost host)
    {
        _hosts.TryRemove(new KeyValuePair<PeerId, InMemoryHost>(host.Id, host));
        _addresses.TryRemove(host.ListenAddresses[0], out _);
    }

    internal void CountStreams(int change) => Interlocked.Add(ref _openStreams, change);
}
