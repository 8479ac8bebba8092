namespace Whorl.Models;

/// <summary>Where a checkpoint keeps a weight.</summary>
/// <param name="Name">The tensor's name without <c>.weight</c> or <c>.bias</c>; <c>{0}</c> stands for the block's number, <c>{1}</c> for the expert's.</param>
/// <param name="Rows">Which of its rows, or null for all of them as they are.</param>
/// <param name="Transposed">Whether it is stored as <c>[inputs, outputs]</c> (GPT-2).</param>
public sealed record WeightSource(string Name, RowOrder? Rows = null, bool Transposed = false)
{
    /// <summary>What follows the name for the weight itself.</summary>
    /// <value>Default <c>.weight</c>; empty where a tensor has a name without it.</value>
    public string Suffix { get; init; } = ".weight";

    /// <summary>What follows the name for the bias.</summary>
    /// <value>Default <c>.bias</c>.</value>
    public string BiasSuffix { get; init; } = ".bias";
}
