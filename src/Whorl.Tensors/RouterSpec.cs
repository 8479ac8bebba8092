namespace Whorl.Tensors;

/// <summary>How a mixture of experts chooses, for each row, experts and their weights.</summary>
public sealed record RouterSpec
{
    /// <summary>Number of experts.</summary>
    public required int Experts { get; init; }

    /// <summary>Experts chosen for a row, at most <see cref="Experts"/>.</summary>
    public required int Chosen { get; init; }

    /// <summary>What the logits become.</summary>
    public RouterScore Score { get; init; }

    /// <summary>Whether the chosen scores are divided by their sum.</summary>
    public bool Normalise { get; init; }

    /// <summary>Multiplies the weights.</summary>
    /// <value>Default 1.</value>
    public float Scale { get; init; } = 1;

    /// <summary>
    /// Added to the scores for the choice only, <c>[Experts]</c>; null for none. Source: DeepSeek-V3, arXiv:2412.19437, section 2.1.2.
    /// </summary>
    public Parameter? Bias { get; init; }

    /// <summary>Equal groups of consecutive experts; divides <see cref="Experts"/>.</summary>
    /// <value>Default 1.</value>
    public int Groups { get; init; } = 1;

    /// <summary>Groups that a row may choose from: those with the greatest sums of their <see cref="GroupTerms"/> best scores.</summary>
    /// <value>Default 1.</value>
    public int ChosenGroups { get; init; } = 1;

    /// <summary>How many of a group's best scores are summed to rank it.</summary>
    /// <value>Default 1.</value>
    public int GroupTerms { get; init; } = 1;
}
