namespace Whorl.Client.Recovery;

/// <summary>A session that replaces what it loses.</summary>
internal interface IRecoverable
{
    /// <summary>What was lost and is there again, in the order of time.</summary>
    IReadOnlyList<SessionRecovery> Recoveries { get; }
}
