using System.Buffers;
using System.Runtime.InteropServices;
using Whorl.Tensors;

namespace Whorl.Models;

/// <summary>Rows of a weight that is stored as <c>[inputs, outputs]</c>.</summary>
/// <param name="matrix">The stored matrix, of a type without blocks or expanded.</param>
/// <param name="outputs">Which of its columns are the weight's rows.</param>
/// <param name="inputs">Which of its rows are the weight's columns.</param>
internal sealed class TransposedRows(StoredMatrix matrix, RowOrder outputs, RowOrder inputs)
{
    private readonly int _elementBytes = ElementTypes.Info(matrix.Type).BlockBytes;

    /// <summary>Gives rows; see <see cref="RowReader"/>.</summary>
    public void Read(int first, Span<byte> rows)
    {
        // Of each stored row, the columns from the first to the last that is wanted.
        int[] columns = [.. Enumerable.Range(first, rows.Length / (inputs.Rows * _elementBytes)).Select(outputs.Source)];
        int start = columns.Min() / matrix.BlockSize * matrix.BlockSize;
        int width = ((columns.Max() - start) / matrix.BlockSize * matrix.BlockSize) + matrix.BlockSize;
        int length = checked(inputs.Rows * width * _elementBytes);
        byte[] rented = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            Span<byte> stripe = rented.AsSpan(0, length);
            for (int input = 0, run; input < inputs.Rows; input += run)
            {
                run = inputs.RunFrom(input, inputs.Rows - input);
                int bytes = width * _elementBytes;
                matrix.Read(inputs.Source(input), run, start, width, stripe.Slice(input * bytes, run * bytes));
            }

            Transpose(stripe, Array.ConvertAll(columns, column => column - start), width, rows);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    private void Transpose(ReadOnlySpan<byte> stripe, int[] columns, int width, Span<byte> rows)
    {
        switch (_elementBytes)
        {
            case sizeof(byte):
                Transpose<byte>(stripe, columns, width, rows);
                break;
            case sizeof(ushort):
                Transpose<ushort>(stripe, columns, width, rows);
                break;
            case sizeof(uint):
                Transpose<uint>(stripe, columns, width, rows);
                break;
            default:
                Transpose<ulong>(stripe, columns, width, rows);
                break;
        }
    }

    private void Transpose<T>(ReadOnlySpan<byte> stripe, int[] columns, int width, Span<byte> rows)
        where T : unmanaged
    {
        ReadOnlySpan<T> from = MemoryMarshal.Cast<byte, T>(stripe);
        Span<T> to = MemoryMarshal.Cast<byte, T>(rows);
        for (int row = 0; row < columns.Length; row++)
        {
            Span<T> transposed = to.Slice(row * inputs.Rows, inputs.Rows);
            for (int input = 0, at = columns[row]; input < transposed.Length; input++, at += width)
            {
                transposed[input] = from[at];
            }
        }
    }
}
