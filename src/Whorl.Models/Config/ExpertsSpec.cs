using Whorl.Tensors;

namespace Whorl.Models;

/// <summary>The experts of a feed-forward layer, and how they are chosen; see <see cref="RouterSpec"/> for the rule.</summary>
public sealed record ExpertsSpec
{
    /// <summary>Number of experts.</summary>
    public required int Count { get; init; }

    /// <summary>Experts chosen for a token.</summary>
    public required int Chosen { get; init; }

    /// <summary>What the router's logits become.</summary>
    public RouterScore Score { get; init; }

    /// <summary>Whether the chosen scores are divided by their sum.</summary>
    public bool Normalise { get; init; }

    /// <summary>Multiplies the routed experts' weights.</summary>
    /// <value>Default 1.</value>
    public float Scale { get; init; } = 1;

    /// <summary>Equal groups of experts.</summary>
    /// <value>Default 1.</value>
    public int Groups { get; init; } = 1;

    /// <summary>Groups that a token may choose from.</summary>
    /// <value>Default 1.</value>
    public int ChosenGroups { get; init; } = 1;

    /// <summary>How many of a group's best scores are summed to rank it.</summary>
    /// <value>Default 1.</value>
    public int GroupTerms { get; init; } = 1;

    /// <summary>Whether there is a bias (role <c>score_bias</c>) that is added to the scores for the choice only.</summary>
    public bool HasScoreBias { get; init; }

    /// <summary>Whether the router has a bias.</summary>
    public bool RouterBias { get; init; }

    /// <summary>Width of the expert that every token goes through besides; 0 for none.</summary>
    public int SharedSize { get; init; }

    /// <summary>Whether the shared expert's output is multiplied by a sigmoid of its own (role <c>shared_router</c>).</summary>
    public bool SharedIsGated { get; init; }
}
