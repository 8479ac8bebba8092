namespace Whorl.Cli.Chaos;

/// <summary>What may befall a server.</summary>
internal enum ChaosKind
{
    /// <summary>Its process is killed, as by kill -9, and started again a little later.</summary>
    Kill,

    /// <summary>Its process stands still for a while (SIGSTOP, then SIGCONT).</summary>
    Stop,

    /// <summary>Its process is asked to leave (SIGTERM), and started again once it has.</summary>
    Leave,

    /// <summary>A server that was not there joins, with the same blocks as this one's; the one that joined before it leaves for good.</summary>
    Join,

    /// <summary>All connections to it are closed.</summary>
    Cut,

    /// <summary>For a while nothing passes, in either direction; the connections stand.</summary>
    Hole,

    /// <summary>For a while all that passes comes late.</summary>
    Delay,

    /// <summary>For a while little passes in a second.</summary>
    Narrow,

    /// <summary>One byte that passes is changed.</summary>
    Corrupt,

    /// <summary>It answers a step falsely: values that are no numbers, nonsense, another shape, an old answer.</summary>
    Lie,
}
