namespace Whorl.Models;

/// <summary>What mixes information between positions in a block: attention, or a recurrence.</summary>
public abstract record MixerSpec;
