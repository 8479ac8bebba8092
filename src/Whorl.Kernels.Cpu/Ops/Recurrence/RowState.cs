namespace Whorl.Kernels.Cpu.Ops;

/// <summary>Where a row of a step finds the state that its predecessor left, and where it leaves its own.</summary>
/// <remarks>
/// A row that commits finds and leaves it in the same place; a scratch row reads its parent's snapshot and writes one of its own. Rows come
/// in order, and a parent comes before its children, so a kernel goes through the rows from the first to the last and needs to know nothing
/// of sessions and trees.
/// </remarks>
internal unsafe struct RowState
{
    /// <summary>The state before the row.</summary>
    public float* From;

    /// <summary>The state after the row; may be <see cref="From"/>.</summary>
    public float* To;
}
