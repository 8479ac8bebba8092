namespace Whorl.Models;

/// <summary>What mixes information between positions in a block: attention, or a recurrence.</summary>
public abstract record MixerSpec
{
    /// <summary>How its rotary frequencies change for long texts.</summary>
    internal virtual RopeScaling Scaling => RopeScaling.None;
}
