using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Whorl.P2P;

namespace Whorl;

/// <summary>How a node takes part in the network.</summary>
internal sealed record NetworkOptions
{
    /// <summary>A node that only dials peers it is told of.</summary>
    public static NetworkOptions Dialler { get; } = new();

    public string? IdentityFile { get; init; }

    public IReadOnlyList<Multiaddress> Listen { get; init; } = [];

    /// <inheritdoc cref="Libp2pOptions.ListensByIPv6Too"/>
    public bool ListensByIPv6Too { get; init; }

    public IReadOnlyList<Multiaddress> Announce { get; init; } = [];

    public IReadOnlyList<PeerAddress> InitialPeers { get; init; } = [];

    public IReadOnlyList<PeerAddress> Relays { get; init; } = [];

    public bool IsRelay { get; init; }

    /// <summary>Whether another port will do where the one to listen on is taken: where nobody asked for it.</summary>
    public bool MayListenElsewhere { get; init; }

    /// <summary>Whether the local network is searched for nodes of the swarm, and told of this one.</summary>
    public bool FindsLocalPeers { get; init; }

    /// <summary>Whether nodes that are seen are written down, and asked where none of the initial peers is there.</summary>
    public bool RemembersPeers { get; init; }

    /// <summary>Whether there is a swarm to look for.</summary>
    public bool FindsASwarm => InitialPeers.Count > 0 || FindsLocalPeers;

    /// <summary>Where the operator of a server is told what happens.</summary>
    public ILogger Logger { get; init; } = NullLogger.Instance;

    /// <summary>How often a random key is looked up, so that the routing table stays fresh; null for never.</summary>
    public TimeSpan? RefreshPeriod { get; init; }

    /// <summary>Whether blocks whose servers are lost may be computed by this process.</summary>
    /// <value>Default true.</value>
    public bool ComputesLostBlocks { get; init; } = true;

    /// <inheritdoc cref="ConnectOptions.PrefixKey"/>
    public string? PrefixKey { get; init; }

    /// <inheritdoc cref="ConnectOptions.Wait"/>
    public TimeSpan Wait { get; init; } = TimeSpan.FromSeconds(60);
}
