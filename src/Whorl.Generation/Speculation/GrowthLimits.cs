namespace Whorl.Generation.Speculation;

/// <summary>How large a draft tree grows. Source: SpecExec, arXiv:2406.02532, and its code.</summary>
public sealed record GrowthLimits
{
    /// <summary>The most nodes that are kept, those of the likeliest paths.</summary>
    /// <value>Default 64. 1 or more.</value>
    public int Nodes { get; init; } = 64;

    /// <summary>The most nodes that one pass of the draft model looks behind; the others wait for a later pass.</summary>
    /// <value>Default 32. 1 or more.</value>
    public int Beams { get; init; } = 32;

    /// <summary>The most passes of the draft model, which is also how deep the tree grows.</summary>
    /// <value>Default 16. 1 or more.</value>
    public int Passes { get; init; } = 16;

    /// <summary>The most children of a node that are looked at.</summary>
    /// <value>Default 16. 1 or more.</value>
    public int Width { get; init; } = 16;

    /// <summary>Added to the logarithm of the probability for each level: how far draft and target disagree. Below 0.</summary>
    /// <value>Default ln 0.95.</value>
    public double LevelPenalty { get; init; } = Math.Log(0.95);

    /// <summary>Nodes of less likely paths are left out.</summary>
    /// <value>Default 0: none.</value>
    public double LeastProbability { get; init; }

    /// <summary>Where all nodes that a pass would look behind are together less likely to be reached, there is no further pass.</summary>
    /// <value>Default 0: never.</value>
    public double LeastOfPass { get; init; }
}
