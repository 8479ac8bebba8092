namespace Whorl.Models;

/// <summary>Where a checkpoint keeps a weight.</summary>
/// <param name="Name">
/// The tensor's name without <c>.weight</c> or <c>.bias</c>; <c>{0}</c> stands for the block's number, <c>{1}</c> for the expert's.
/// </param>
/// <param name="Rows">Which of its rows, or null for all of them as they are; of a stack, which of one slice's.</param>
/// <param name="Transposed">
/// Whether it is stored as <c>[inputs, outputs]</c> (GPT-2); then <paramref name="Rows"/> speaks of the stored columns.
/// </param>
public sealed record WeightSource(string Name, RowOrder? Rows = null, bool Transposed = false)
{
    /// <summary>A vector that is kept in so many tensors of equal length, <c>{1}</c> standing for their numbers.</summary>
    /// <value>Default 1.</value>
    public int Parts { get; init; } = 1;

    /// <summary>The form of a ternary weight, or null.</summary>
    public TernaryForm? Ternary { get; init; }

    /// <summary>What follows the name for the weight itself.</summary>
    /// <value>Default <c>.weight</c>; empty where a tensor has a name without it.</value>
    public string Suffix { get; init; } = ".weight";

    /// <summary>What follows the name for the bias.</summary>
    /// <value>Default <c>.bias</c>.</value>
    public string BiasSuffix { get; init; } = ".bias";

    /// <summary>
    /// Whether one tensor holds the weights of all experts (or heads), slice after slice: <c>[experts, rows, columns]</c>, or the same
    /// bytes in two dimensions.
    /// </summary>
    public bool Stacked { get; init; }

    /// <summary>
    /// Whether the tensor may be absent and stand in its place, not transposed, one of MXFP4 codes (<c>…_blocks</c>) and one of their
    /// scales (<c>…_scales</c>).
    /// </summary>
    public bool MayBeMicroscaled { get; init; }

    /// <summary>Of a transposed weight: which of the stored rows are its inputs, in order; null for all of them.</summary>
    public RowOrder? Inputs { get; init; }
}
