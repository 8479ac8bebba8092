using Whorl.Kernels.Cpu.Memory;
using Whorl.Tensors;

namespace Whorl.Kernels.Cpu;

/// <content>Taking tensors apart and putting them together.</content>
public sealed unsafe partial class CpuBackend
{
    /// <inheritdoc/>
    public Tensor SelectRows(Tensor x, ReadOnlySpan<int> rows)
    {
        Tensor y = Rent(rows.Length, x.Columns);
        for (int i = 0; i < rows.Length; i++)
        {
            x.Row(rows[i]).CopyTo(y.Row(i));
        }

        return y;
    }

    /// <inheritdoc/>
    public Tensor SelectColumns(Tensor x, int firstColumn, int columns)
    {
        if (firstColumn < 0 || columns < 0 || firstColumn > x.Columns - columns)
        {
            throw new ShapeMismatchException("select_columns", $"a run within {x.Columns} columns", $"{columns} from {firstColumn} on");
        }

        Tensor y = Rent(x.Rows, columns);
        for (int row = 0; row < x.Rows; row++)
        {
            x.Row(row).Slice(firstColumn, columns).CopyTo(y.Row(row));
        }

        return y;
    }

    /// <inheritdoc/>
    public Tensor ConcatColumns(params ReadOnlySpan<Tensor> parts)
    {
        int columns = 0;
        foreach (Tensor part in parts)
        {
            CheckShape("concat_columns", part, parts[0].Rows, part.Columns);
            columns = checked(columns + part.Columns);
        }

        Tensor y = Rent(parts[0].Rows, columns);
        for (int row = 0; row < y.Rows; row++)
        {
            Span<float> rest = y.Row(row);
            foreach (Tensor part in parts)
            {
                part.Row(row).CopyTo(rest);
                rest = rest[part.Columns..];
            }
        }

        return y;
    }

    /// <inheritdoc/>
    public Tensor ConcatRows(params ReadOnlySpan<Tensor> parts)
    {
        int rows = 0;
        foreach (Tensor part in parts)
        {
            CheckShape("concat_rows", part, part.Rows, parts[0].Columns);
            rows = checked(rows + part.Rows);
        }

        Tensor y = Rent(rows, parts[0].Columns);
        rows = 0;
        foreach (Tensor part in parts)
        {
            part.Span.CopyTo(y.Slice(rows, part.Rows).Span);
            rows += part.Rows;
        }

        return y;
    }
}
