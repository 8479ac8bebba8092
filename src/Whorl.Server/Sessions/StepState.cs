namespace Whorl.Server;

/// <summary>Where a session's step is; the <see cref="StepScheduler"/>'s.</summary>
internal enum StepState
{
    /// <summary>There is none.</summary>
    Idle,

    /// <summary>It, or what is left of it, waits.</summary>
    Waiting,

    /// <summary>It, or a slice of it, is being computed.</summary>
    Computing,
}
