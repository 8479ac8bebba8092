namespace Whorl.Swarm;

/// <summary>What a server says of itself; the numbers are Petals'.</summary>
public enum ServerState
{
    /// <summary>It is leaving.</summary>
    Offline = 0,

    /// <summary>It loads its blocks: it counts for balancing, not for routing.</summary>
    Joining = 1,

    /// <summary>It serves.</summary>
    Online = 2,
}
