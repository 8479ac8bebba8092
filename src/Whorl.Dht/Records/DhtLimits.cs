namespace Whorl.Dht.Records;

/// <summary>What a node takes from others. hivemind sets no limits of its own but the 4 MiB of a unary message.</summary>
public static class DhtLimits
{
    /// <summary>Keys in one request, and results in one answer. hivemind asks for at most 16 at a time.</summary>
    public const int MaxKeys = 1024;

    /// <summary>Nodes named for one key. hivemind names at most 20.</summary>
    public const int MaxNeighbours = 256;

    /// <summary>Bytes of a value, a whole dictionary included.</summary>
    public const int MaxValueBytes = 2 << 20;

    /// <summary>Bytes of a subkey.</summary>
    public const int MaxSubkeyBytes = 1 << 10;

    /// <summary>Subkeys of one dictionary; a server's announcement takes one in each of its blocks.</summary>
    public const int MaxSubkeys = 1 << 14;

    /// <summary>
    /// How long a record may last: a later expiration counts as this one, whether it is stored here or found elsewhere. Petals announces for four minutes.
    /// </summary>
    public static readonly TimeSpan MaxLifetime = TimeSpan.FromHours(1);

    /// <summary>
    /// Records (subkeys count one by one) that one peer may have stored here for <see cref="MaxLifetime"/> each; more that last shorter. As many again
    /// are taken at once.
    /// </summary>
    public const int MaxRecordsPerPeer = 4096;

    /// <summary>The same for all peers at one address: an IPv4 address, an IPv6 network of 56 bits.</summary>
    public const int MaxRecordsPerHost = 16384;

    /// <summary>Bytes of such records of one peer.</summary>
    public const int MaxRecordBytesPerPeer = 8 << 20;

    /// <summary>The same for all peers at one address.</summary>
    public const int MaxRecordBytesPerHost = 32 << 20;

    /// <summary>Keys that one peer may ask for in a second; ten times as many at once.</summary>
    public const int MaxKeysPerSecondAndPeer = 512;

    /// <summary>The same for all peers at one address.</summary>
    public const int MaxKeysPerSecondAndHost = 2048;

    /// <summary>How much more than other addresses this machine's own may do: all its processes share one.</summary>
    public const int LoopbackFactor = 4;

    /// <summary>Keys in a node's storage.</summary>
    public const int MaxStoredKeys = 1 << 20;

    /// <summary>Keys in a node's cache.</summary>
    public const int MaxCachedKeys = 1 << 14;

    /// <summary>Bytes of all values in a node's storage, and likewise in its cache.</summary>
    public const long MaxStoredBytes = 256L << 20;
}
