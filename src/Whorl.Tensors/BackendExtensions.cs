namespace Whorl.Tensors;

/// <summary>What every backend can do by its operations.</summary>
public static class BackendExtensions
{
    /// <summary>Brings a weight matrix that is in memory into the kernels' form.</summary>
    /// <param name="backend">Who packs it.</param>
    /// <param name="type">Element type of the data.</param>
    /// <param name="rows">Outputs.</param>
    /// <param name="columns">Inputs; a whole number of the type's blocks.</param>
    /// <param name="data">The checkpoint's bytes, row after row.</param>
    /// <exception cref="NotSupportedException">The backend has no kernel for the type; the message names it.</exception>
    /// <exception cref="ShapeMismatchException">The bytes do not fit the shape.</exception>
    public static unsafe Matrix Pack(this IBackend backend, ElementType type, int rows, int columns, ReadOnlySpan<byte> data)
    {
        ArgumentNullException.ThrowIfNull(backend);
        ElementTypeInfo info = ElementTypes.Info(type);
        if (columns % info.BlockSize != 0 || data.Length != rows * info.BytesFor(columns))
        {
            throw new ShapeMismatchException(
                "pack", $"[{rows}, {columns}] in {info.Name} blocks of {info.BlockSize}", $"{data.Length} bytes");
        }

        long rowBytes = info.BytesFor(columns);
        fixed (byte* start = data)
        {
            byte* source = start; // pinned until the backend is done
            return backend.Pack(new PackRequest(
                type, rows, columns, (first, into) => new ReadOnlySpan<byte>(source + (first * rowBytes), into.Length).CopyTo(into)));
        }
    }

    /// <summary>A tensor of values from this process's memory.</summary>
    /// <param name="backend">Whose tensor it becomes.</param>
    /// <param name="values">Row after row, a whole number of rows.</param>
    /// <param name="columns">Width of a row, at least 1.</param>
    /// <returns><c>[rows, columns]</c>.</returns>
    /// <exception cref="ShapeMismatchException">The values are no whole number of rows.</exception>
    public static Tensor Upload(this IBackend backend, ReadOnlySpan<float> values, int columns)
    {
        ArgumentNullException.ThrowIfNull(backend);
        ArgumentOutOfRangeException.ThrowIfLessThan(columns, 1);
        Tensor tensor = backend.Rent(values.Length / columns, columns);
        backend.Upload(values, tensor);
        return tensor;
    }
}
