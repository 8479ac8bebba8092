using Whorl.Kernels.Cpu.Ops.Linear;
using Whorl.Kernels.Cpu.Quantized;
using Whorl.Tensors;

namespace Whorl.Kernels.Cpu;

/// <content>Weights, embeddings and matrix products.</content>
public sealed unsafe partial class CpuBackend
{
    /// <inheritdoc/>
    public Matrix Pack(ElementType type, int rows, int columns, ReadOnlySpan<byte> data)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        ArgumentOutOfRangeException.ThrowIfNegative(columns);
        ElementTypeInfo info = ElementTypes.Info(type);
        if (type is not (ElementType.F32 or ElementType.F16 or ElementType.BF16) && GroupForm.Of(type) is null)
        {
            throw new NotSupportedException($"the CPU backend has no kernel for weights of type {info.Name}; convert them to one of F32, F16, BF16, Q8_0, Q4_K");
        }

        if (columns % info.BlockSize != 0)
        {
            throw new ShapeMismatchException("pack", $"columns in {info.Name} blocks of {info.BlockSize}", $"{columns}");
        }

        long bytes = rows * info.BytesFor(columns);
        return data.Length == bytes
            ? new PlainMatrix(type, rows, columns, data)
            : throw new ShapeMismatchException("pack", $"{bytes} bytes of {info.Name} for [{rows}, {columns}]", $"{data.Length}");
    }

    /// <inheritdoc/>
    public Tensor Gather(Matrix table, ReadOnlySpan<int> ids)
    {
        ArgumentNullException.ThrowIfNull(table);
        Tensor y = Rent(ids.Length, table.Columns);
        for (int i = 0; i < ids.Length; i++)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)ids[i], (uint)table.Rows, nameof(ids));
            ((PlainMatrix)table).Expand(ids[i], y.Row(i));
        }

        return y;
    }

    /// <inheritdoc/>
    public void Linear(Tensor x, ReadOnlySpan<LinearWeight> weights, Span<Tensor> y)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(y.Length, weights.Length, nameof(y));
        for (int i = 0; i < weights.Length; i++)
        {
            y[i] = Linear(x, weights[i]);
        }
    }

    /// <inheritdoc/>
    public Tensor Linear(Tensor x, LinearWeight weight, Tensor? residual = null)
    {
        ArgumentNullException.ThrowIfNull(weight);
        var matrix = (PlainMatrix)weight.Matrix;
        if (x.Columns != matrix.Columns)
        {
            throw new ShapeMismatchException("linear", $"[rows, {matrix.Columns}]", $"[{x.Rows}, {x.Columns}]");
        }

        if (residual is { } r && (r.Rows != x.Rows || r.Columns != matrix.Rows))
        {
            throw new ShapeMismatchException("linear", $"a residual [{x.Rows}, {matrix.Rows}]", $"[{r.Rows}, {r.Columns}]");
        }

        Tensor y = Rent(x.Rows, matrix.Rows);
        bool integers = matrix.IsQuantised && Activations == ActivationFormat.Q8;
        var q = new sbyte[x.Columns];
        var d = new float[(x.Columns + 31) / 32];
        var expanded = new float[x.Columns];
        for (int row = 0; row < x.Rows; row++)
        {
            if (integers)
            {
                QuantisedRow.Scalar(x.Row(row), q, d);
            }

            for (int o = 0; o < matrix.Rows; o++)
            {
                if (!integers)
                {
                    matrix.Expand(o, expanded);
                }

                float acc = integers
                    ? LinearDefinition.Dot(q, d, matrix.Codes(o), matrix.Scales(o), matrix.Minimums(o))
                    : LinearDefinition.Dot(x.Row(row), expanded);
                acc = weight.Bias is null ? acc : acc + weight.Bias.Value.Data[o];
                y.Row(row)[o] = residual is null ? acc : residual.Value.Row(row)[o] + acc;
            }
        }

        return y;
    }
}
