namespace Whorl.Tensors;

/// <summary>Activations: a row-major matrix of float32 in a backend's memory, one row a token.</summary>
/// <remarks>
/// A handle, not an owner: the memory belongs to the backend's workspace (<see cref="IBackend.Rent"/>) or to a <see cref="Parameter"/>,
/// and the handle is dead once that is released. Operations never write into their arguments; a result is always fresh memory,
/// so that a recording backend may keep what it saw. What it holds is seen through <see cref="IBackend.Download"/> only.
/// </remarks>
/// <param name="data">First element; 64-byte aligned when rented, any alignment for a slice.</param>
/// <param name="rows">Number of rows; 0 is allowed.</param>
/// <param name="columns">Number of columns.</param>
public readonly unsafe struct Tensor(float* data, int rows, int columns)
{
    /// <summary>Address of row 0's first element, for the backend that made it: it need not lie in this process's memory.</summary>
    public float* Data { get; } = data;

    /// <summary>Number of rows.</summary>
    public int Rows { get; } = rows;

    /// <summary>Number of columns, which is also the distance between rows in elements.</summary>
    public int Columns { get; } = columns;

    /// <summary>Number of elements.</summary>
    public int Length => checked(Rows * Columns);

    /// <summary>A run of whole rows, sharing this tensor's memory.</summary>
    public Tensor Slice(int firstRow, int rows)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((ulong)(uint)firstRow + (uint)rows, (ulong)Rows, nameof(rows));
        return new(Data + ((long)firstRow * Columns), rows, Columns);
    }

    /// <summary>The same memory seen as rows of another width; the number of elements must stay.</summary>
    public Tensor Reshape(int rows, int columns) =>
        (long)rows * columns == (long)Rows * Columns
            ? new(Data, rows, columns)
            : throw new ShapeMismatchException("reshape", $"{(long)Rows * Columns} elements", $"[{rows}, {columns}]");
}
