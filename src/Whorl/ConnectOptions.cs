using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Whorl;

/// <summary>Where the servers are that compute a model's blocks: named, or found in a swarm.</summary>
/// <remarks>
/// An address is <c>HOST:PORT</c>, <c>[IPV6]:PORT</c> or a multiaddress, as <c>/dns4/box/tcp/31337/p2p/ID</c>. Servers see hidden states, from which
/// the text can be guessed: only those that are trusted should be asked.
/// </remarks>
public sealed record ConnectOptions
{
    /// <summary>Servers that together hold all blocks, in any order.</summary>
    /// <value>Default empty: they are looked for in the swarm.</value>
    public IReadOnlyList<string> Servers { get; init; } = [];

    /// <summary>Nodes of the swarm through which this one joins it.</summary>
    /// <value>Default empty.</value>
    public IReadOnlyList<string> InitialPeers { get; init; } = [];

    /// <summary>Whether the local network is searched for nodes of the swarm, by mDNS.</summary>
    /// <value>Default false.</value>
    public bool FindsLocalPeers { get; init; }

    /// <summary>
    /// Whether nodes of the swarm that are seen are written down in this user's cache, with their addresses, and asked when none of <see cref="InitialPeers"/> is
    /// there.
    /// </summary>
    /// <value>Default true.</value>
    public bool RemembersPeers { get; init; } = true;

    /// <summary>What the model is called in the swarm.</summary>
    /// <value>Default null: its file's or folder's name; of a model on the hub, what Petals calls it.</value>
    public string? NameInSwarm { get; init; }

    /// <summary>Whether this process may compute blocks whose servers are lost, where nobody else holds them and there is memory for them.</summary>
    /// <value>Default true.</value>
    public bool ComputesLostBlocks { get; init; } = true;

    /// <summary>How long a text waits for a server, where nobody holds some of its blocks any more and this process does not compute them.</summary>
    /// <value>Default 60 seconds: a server that is started again has loaded its blocks by then.</value>
    public TimeSpan Wait { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// Servers may take what they have computed of a text's beginning for texts of all who give the same key, instead of computing it again; no byte
    /// changes. Who knows the key can tell by the time that a text takes whether somebody had its beginning computed lately.
    /// </summary>
    /// <value>Default null: only for texts of this node, as long as it has the same <see cref="IdentityFile"/>.</value>
    public string? PrefixKey { get; init; }

    /// <summary>A file with this node's key, made if it is not there.</summary>
    /// <value>Default null: a new key each time.</value>
    public string? IdentityFile { get; init; }

    /// <summary>Told what happens between this node and others.</summary>
    /// <value>Default: nobody.</value>
    public ILogger Logger { get; init; } = NullLogger.Instance;

    /// <summary>This node.</summary>
    /// <exception cref="WhorlException">An address cannot be dialled.</exception>
    internal NetworkOptions ToNetwork() => new()
    {
        InitialPeers = [.. InitialPeers.Select(Addresses.ParsePeer)],
        FindsLocalPeers = FindsLocalPeers,
        RemembersPeers = RemembersPeers,
        ComputesLostBlocks = ComputesLostBlocks,
        PrefixKey = PrefixKey,
        Wait = Wait,
        IdentityFile = IdentityFile,
        Logger = Logger,
    };
}
