namespace Whorl.Models;

/// <summary>A norm: which kind, and its ε.</summary>
/// <param name="Role">Role of its weight (and bias, for a layer norm), as in <see cref="WeightMap"/>.</param>
/// <param name="Epsilon">ε, added to the mean square or the variance.</param>
public sealed record NormSpec(string Role, float Epsilon)
{
    /// <summary>A layer norm (mean taken off, a bias) instead of a root-mean-square norm.</summary>
    /// <value>Default false.</value>
    public bool IsLayerNorm { get; init; }

    /// <summary>Whether the checkpoint holds the gain less 1 (Gemma): y = norm(x) · (1 + w).</summary>
    /// <value>Default false.</value>
    public bool GainLessOne { get; init; }

    /// <summary>Whether a layer norm has a bias.</summary>
    /// <value>Default true.</value>
    public bool HasBias { get; init; } = true;

    /// <summary>Whether there is a gain at all.</summary>
    /// <value>Default true.</value>
    public bool HasGain { get; init; } = true;

    /// <summary>Columns of a group that is normalised for itself; 0 for the whole row.</summary>
    public int Group { get; init; }

    /// <summary>Whether each group has a gain of its own; else one gain of a group's width serves all.</summary>
    /// <value>Default false.</value>
    public bool GainPerColumn { get; init; }
}
