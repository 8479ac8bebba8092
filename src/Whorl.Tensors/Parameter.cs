namespace Whorl.Tensors;

/// <summary>A small weight kept as plain float32: a norm's gain, a bias, a table of slopes.</summary>
public sealed unsafe class Parameter : IDisposable
{
    private readonly NativeBuffer _buffer;

    /// <summary>Copies the values.</summary>
    /// <param name="values">Row-major, <c>[rows, columns]</c>.</param>
    /// <param name="rows">Number of rows; 1 for a vector.</param>
    public Parameter(ReadOnlySpan<float> values, int rows = 1)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(rows, 1);
        if (values.Length % rows != 0)
        {
            throw new ShapeMismatchException("parameter", $"a multiple of {rows} values", $"{values.Length}");
        }

        _buffer = new NativeBuffer(4L * values.Length);
        Value = new Tensor((float*)_buffer.Pointer, rows, values.Length / rows);
        values.CopyTo(Value.Span);
    }

    /// <summary>The values; alive until disposal.</summary>
    public Tensor Value { get; }

    /// <summary>Number of elements.</summary>
    public int Length => Value.Length;

    /// <inheritdoc/>
    public void Dispose() => _buffer.Dispose();
}
