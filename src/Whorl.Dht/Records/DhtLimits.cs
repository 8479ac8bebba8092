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

    /// <summary>Keys in a node's storage.</summary>
    public const int MaxStoredKeys = 1 << 20;

    /// <summary>Keys in a node's cache.</summary>
    public const int MaxCachedKeys = 1 << 14;

    /// <summary>Bytes of all values in a node's storage, and likewise in its cache.</summary>
    public const long MaxStoredBytes = 256L << 20;
}
