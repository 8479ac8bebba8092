using Whorl.P2P;

namespace Whorl.Cli.Engine;

/// <summary>How a node takes part in the network.</summary>
internal sealed record NetworkOptions
{
    /// <summary>A node that only dials peers it is told of.</summary>
    public static NetworkOptions Dialler { get; } = new();

    public string? IdentityFile { get; init; }

    public IReadOnlyList<Multiaddress> Listen { get; init; } = [];

    public IReadOnlyList<Multiaddress> Announce { get; init; } = [];

    public IReadOnlyList<PeerAddress> InitialPeers { get; init; } = [];

    public IReadOnlyList<PeerAddress> Relays { get; init; } = [];

    public bool IsRelay { get; init; }

    /// <summary>How often a random key is looked up, so that the routing table stays fresh; null for never.</summary>
    public TimeSpan? RefreshPeriod { get; init; }
}
