using Whorl.Dht.Kademlia;
using Whorl.Dht.Validation;

namespace Whorl.Dht;

/// <summary>How a node takes part in a DHT. The values are hivemind's (dht/node.py).</summary>
public sealed record DhtOptions
{
    /// <summary>The node's place in the key space; null for a random one.</summary>
    /// <value>null</value>
    public DhtId? NodeId { get; init; }

    /// <summary>Whether the node only asks: it answers nothing, stores nothing and is in nobody's routing table.</summary>
    /// <value>false</value>
    public bool ClientMode { get; init; }

    /// <summary>The most nodes of a bucket, and how many nearest nodes are searched for and named to others (Kademlia's k).</summary>
    /// <value>20</value>
    public int BucketSize { get; init; } = 20;

    /// <summary>A full bucket that does not cover this node splits unless its depth is a multiple of this (Kademlia's b).</summary>
    /// <value>5</value>
    public int DepthModulo { get; init; } = 5;

    /// <summary>On how many of the nearest nodes a value is stored.</summary>
    /// <value>5</value>
    public int Replicas { get; init; } = 5;

    /// <summary>
    /// Questions that one search has under way at once. Petals' clients use 32, its servers as many as the model has blocks.
    /// </summary>
    /// <value>4</value>
    public int Workers { get; init; } = 4;

    /// <summary>The most keys in one question, and in one refresh of the cache.</summary>
    /// <value>16</value>
    public int ChunkSize { get; init; } = 16;

    /// <summary>After how long a call counts as lost.</summary>
    /// <value>3 seconds</value>
    public TimeSpan RpcTimeout { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>After how long an initial peer is given up when joining, dialling included.</summary>
    /// <value>10 seconds</value>
    public TimeSpan JoinTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How often initial peers that have left the table are asked again, and the time; they are also asked whenever they connect.</summary>
    /// <value>30 seconds</value>
    public TimeSpan RejoinPeriod { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How far a bootstrap peer's clock may be off.</summary>
    /// <value>3 seconds</value>
    public TimeSpan MaxClockDifference { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>Whether what was found is kept in the node's own cache, and what was stored updates it.</summary>
    /// <value>true</value>
    public bool CacheLocally { get; init; } = true;

    /// <summary>On how many of the nearest nodes that lack it a found value is cached.</summary>
    /// <value>1</value>
    public int CacheNearest { get; init; } = 1;

    /// <summary>
    /// Whether look-ups of one key at the same time share one search. One that shares a search begun before it may miss what was stored meanwhile.
    /// </summary>
    /// <value>true</value>
    public bool ReuseGetRequests { get; init; } = true;

    /// <summary>How long before its end a cached value that was used is looked up anew.</summary>
    /// <value>5 seconds</value>
    public TimeSpan CacheRefreshBeforeExpiry { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a peer that did not answer is left out; doubled each further time.</summary>
    /// <value>5 seconds</value>
    public TimeSpan BlacklistTime { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How often a random key is looked up to keep the routing table fresh, as Petals' bootstrap nodes do every 30 s; null for never.
    /// </summary>
    /// <value>null</value>
    public TimeSpan? RefreshPeriod { get; init; }

    /// <summary>What decides which records are stored and believed; null for all, as in Petals.</summary>
    /// <value>null</value>
    public IRecordValidator? Validator { get; init; }
}
