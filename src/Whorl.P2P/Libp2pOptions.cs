namespace Whorl.P2P;

/// <summary>How a <see cref="Libp2pHost"/> behaves. The defaults are those of a server; <see cref="KadMode"/> and the listen addresses make a client.</summary>
public sealed record Libp2pOptions
{
    /// <summary>Who this node is; a fresh Ed25519 key where null.</summary>
    /// <value>null</value>
    public PeerIdentity? Identity { get; init; }

    /// <summary>Where to listen: <c>/ip4/…/tcp/…</c> or <c>/ip6/…/tcp/…</c>, port 0 for any; empty for a node that only dials.</summary>
    /// <value>none</value>
    public IReadOnlyList<Multiaddress> ListenAddresses { get; init; } = [];

    /// <summary>
    /// Whether a node that listens on all interfaces by IPv4 does so by IPv6 too, at the same port where that is free; a system without IPv6 is told of, once.
    /// </summary>
    /// <value>false</value>
    public bool ListensByIPv6Too { get; init; }

    /// <summary>What others are told to dial; empty for what is listened on.</summary>
    /// <value>none</value>
    public IReadOnlyList<Multiaddress> AnnounceAddresses { get; init; } = [];

    /// <summary>Security protocols in the order they are proposed; all of them are accepted.</summary>
    /// <value>Noise, then TLS 1.3</value>
    public IReadOnlyList<SecurityKind> Security { get; init; } = [SecurityKind.Noise, SecurityKind.Tls];

    /// <summary>Whether peers are looked up, and looked up for others, by <c>/ipfs/kad/1.0.0</c>.</summary>
    /// <value>Server</value>
    public KadMode KadMode { get; init; } = KadMode.Server;

    /// <summary>Peers to connect to at the start, kept and reconnected: they introduce this node to the others.</summary>
    /// <value>none</value>
    public IReadOnlyList<PeerAddress> BootstrapPeers { get; init; } = [];

    /// <summary>Relays to hold a reservation at, so that this node can be dialled through them.</summary>
    /// <value>none</value>
    public IReadOnlyList<PeerAddress> Relays { get; init; } = [];

    /// <summary>Whether this node relays for others, within <see cref="RelayLimits"/>.</summary>
    /// <value>false</value>
    public bool IsRelay { get; init; }

    /// <summary>How much this node relays.</summary>
    public RelayLimits RelayLimits { get; init; } = new();

    /// <summary>Whether to tell others, when they ask, if they can be dialled.</summary>
    /// <value>true</value>
    public bool ServesAutoNat { get; init; } = true;

    /// <summary>Whether relayed connections are replaced by direct ones where both sides manage to.</summary>
    /// <value>true</value>
    public bool PunchesHoles { get; init; } = true;

    /// <summary>Idle connections are closed above this number …</summary>
    /// <value>512</value>
    public int ConnectionsHighWater { get; init; } = 512;

    /// <summary>… down to this one.</summary>
    /// <value>256</value>
    public int ConnectionsLowWater { get; init; } = 256;

    /// <summary>Beyond this number an inbound connection takes the place of one that is not used, of whatever host has most; else it is closed.</summary>
    /// <value>1024</value>
    public int MaxConnections { get; init; } = 1024;

    /// <summary>The same for the inbound connections of one address (an IPv4 address, an IPv6 network of 56 bits); this machine's own are not limited apart.</summary>
    /// <value>256</value>
    public int MaxConnectionsPerHost { get; init; } = 256;

    /// <summary>The time one address has to be connected, secured and multiplexed.</summary>
    /// <value>15 s</value>
    public TimeSpan DialTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>A peer that was silent so long is pinged …</summary>
    /// <value>3 s</value>
    public TimeSpan KeepAliveInterval { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>… and given up when it stays silent so long after that: within 9 s of its last sign of life by default.</summary>
    /// <value>5 s</value>
    public TimeSpan KeepAliveTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>What identify tells of this program.</summary>
    /// <value>whorl</value>
    public string AgentVersion { get; init; } = "whorl";
}
