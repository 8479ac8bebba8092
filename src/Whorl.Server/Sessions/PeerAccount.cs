using Whorl.P2P;

namespace Whorl.Server;

/// <summary>What one peer makes this server hold. Guarded by the <see cref="SessionMemory"/> it belongs to.</summary>
/// <param name="owner">The peer; null for this process itself, which no quota binds.</param>
/// <param name="host">What all peers of its address hold; null where addresses do not count.</param>
internal sealed class PeerAccount(PeerId? owner, HostAccount? host = null)
{
    private long _cacheBytes, _stepBytes;
    private int _sessions;

    /// <summary>The peer; null for this process.</summary>
    public PeerId? Owner => owner;

    /// <summary>What all peers of its address hold; null where addresses do not count.</summary>
    public HostAccount? Host => host;

    /// <summary>Calls under way that refer to it.</summary>
    public int Visits { get; set; }

    /// <summary>Sessions, open or opening.</summary>
    public int Sessions
    {
        get => _sessions;
        set
        {
            host?.Sessions += value - _sessions;
            _sessions = value;
        }
    }

    /// <summary>Bytes of their caches.</summary>
    public long CacheBytes
    {
        get => _cacheBytes;
        set
        {
            host?.CacheBytes += value - _cacheBytes;
            _cacheBytes = value;
        }
    }

    /// <summary>Bytes of steps.</summary>
    public long StepBytes
    {
        get => _stepBytes;
        set
        {
            host?.StepBytes += value - _stepBytes;
            _stepBytes = value;
        }
    }

    /// <summary>When a slice of a long step was last computed for it; the scheduler's own.</summary>
    public long LastServed { get; set; }

    /// <summary>The last pass of short steps with steps of it; the scheduler's own.</summary>
    public long Pass { get; set; }

    /// <summary>Rows that it has in that pass.</summary>
    public int RowsOfPass { get; set; }
}
