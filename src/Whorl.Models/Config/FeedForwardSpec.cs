using Whorl.Tensors;

namespace Whorl.Models;

/// <summary>What works on each position alone in a block.</summary>
public sealed record FeedForwardSpec
{
    /// <summary>Width inside.</summary>
    public required int Size { get; init; }

    /// <summary>The element-wise function.</summary>
    public required Activation Activation { get; init; }

    /// <summary>Whether it is <c>down(f(gate x) · up x)</c>; else <c>down(f(up x))</c>.</summary>
    /// <value>Default true.</value>
    public bool Gated { get; init; } = true;

    /// <summary>Whether its projections have biases.</summary>
    public bool Bias { get; init; }

    /// <summary>
    /// With <see cref="Gated"/>: the gate is limited from above and up from both sides by this, and the result is <c>(up + 1) · gate ·
    /// sigmoid(α · gate)</c> with <see cref="ClampedAlpha"/> (gpt-oss); 0 for none.
    /// </summary>
    public float ClampLimit { get; init; }

    /// <summary>α of the clamped form.</summary>
    /// <value>Default 1.702.</value>
    public float ClampedAlpha { get; init; } = 1.702f;

    /// <summary>
    /// Rank of terms of the checkpoint's own that are added to the gate and to up (roles <c>gate_adapter_down</c> …); 0 for none.
    /// </summary>
    public int AdapterRank { get; init; }

    /// <summary>
    /// Whether the input is first mixed with the token's predecessor: <c>x + (previous - x) · w</c> (role <c>feed_forward_mix</c>; RWKV).
    /// </summary>
    public bool MixesPrevious { get; init; }

    /// <summary>
    /// The experts, each shaped as this says, of which a token goes through a few; null where there is one layer for all.
    /// </summary>
    public ExpertsSpec? Experts { get; init; }

    /// <summary>Whether the inputs of the projections are rounded to 8 bits (BitNet).</summary>
    public bool RoundInputs { get; init; }

    /// <summary>Norm before the last projection (BitNet), or null.</summary>
    public NormSpec? DownNorm { get; init; }
}
