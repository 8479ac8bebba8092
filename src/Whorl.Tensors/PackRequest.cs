namespace Whorl.Tensors;

/// <summary>A weight matrix that a backend is to bring into its kernels' form.</summary>
/// <param name="Type">Element type of the rows that are read.</param>
/// <param name="Rows">Outputs.</param>
/// <param name="Columns">Inputs; a whole number of the type's blocks.</param>
/// <param name="Read">
/// Gives the rows. Each is asked for once; where the fastest form cannot hold a value that has turned up (an infinity), all once more.
/// </param>
public readonly record struct PackRequest(ElementType Type, int Rows, int Columns, RowReader Read)
{
    /// <summary>
    /// Which of the model's matrices it is, the same for the same values in every process, so that a packed form that is kept can be
    /// found again: then nothing is read. Null for one that is not to be kept.
    /// </summary>
    public string? Key { get; init; }
}
