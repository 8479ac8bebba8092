namespace Whorl.Models;

/// <summary>What mixes information between positions in a block: attention, or a recurrence.</summary>
public abstract record MixerSpec
{
    /// <summary>Whether frequencies depend on a session's declared length.</summary>
    internal virtual bool DependsOnSessionLength => false;
}
