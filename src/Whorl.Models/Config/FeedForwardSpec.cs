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

    /// <summary>Whether its projections have biases; null: as the checkpoint has them.</summary>
    public bool? Bias { get; init; } = false;

    /// <summary>Norm before the last projection (BitNet), or null.</summary>
    public NormSpec? DownNorm { get; init; }
}
