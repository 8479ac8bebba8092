using System.Buffers;
using System.Runtime.InteropServices;
using Whorl.Tensors;

namespace Whorl.Models;

/// <summary>A matrix as a checkpoint stores it, read in pieces: as it is, or expanded to float32.</summary>
internal sealed class StoredMatrix
{
    private readonly StoredSlice _slice;
    private readonly ElementTypeInfo _stored;
    private readonly int _columns;
    private readonly bool _isExpanded;

    /// <param name="slice">Its bytes, row after row.</param>
    /// <param name="stored">How they hold the elements.</param>
    /// <param name="columns">Its columns.</param>
    /// <param name="isExpanded">Whether it is given as float32; always so where there are scales.</param>
    public StoredMatrix(StoredSlice slice, ElementType stored, int columns, bool isExpanded)
    {
        (_slice, _stored, _columns) = (slice, ElementTypes.Info(stored), columns);
        _isExpanded = isExpanded;
    }

    /// <summary>Scales of 8-bit floats, of the whole tensor; see <see cref="BlockScales"/>.</summary>
    public float[]? Scales { get; init; }

    /// <summary>The matrix's first row in the tensor, from which the scales count.</summary>
    public long FirstRow { get; init; }

    /// <summary>The element type in which it is given.</summary>
    public ElementType Type => _isExpanded ? ElementType.F32 : _stored.Type;

    /// <summary>Columns that are stored together: a piece begins and ends with such a block.</summary>
    public int BlockSize => _stored.BlockSize;

    /// <summary>Reads a piece; by several threads at once.</summary>
    /// <param name="row">Its first row.</param>
    /// <param name="rows">Its rows.</param>
    /// <param name="column">Its first column.</param>
    /// <param name="columns">Its columns.</param>
    /// <param name="into">Receives <c>[rows, columns]</c> of <see cref="Type"/>.</param>
    public void Read(int row, int rows, int column, int columns, Span<byte> into)
    {
        if (!_isExpanded)
        {
            ReadStored(row, rows, column, columns, into);
            return;
        }

        int length = checked(rows * (int)_stored.BytesFor(columns));
        byte[] rented = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            Span<byte> bytes = rented.AsSpan(0, length);
            ReadStored(row, rows, column, columns, bytes);
            Expand(bytes, row, column, columns, MemoryMarshal.Cast<byte, float>(into));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    /// <summary>Reads whole rows in an order; those that follow each other in the checkpoint at once.</summary>
    public void ReadRows(RowOrder order, int first, Span<byte> into)
    {
        int rowBytes = (int)ElementTypes.Info(Type).BytesFor(_columns);
        for (int row = first; !into.IsEmpty;)
        {
            int run = order.RunFrom(row, into.Length / rowBytes);
            Read(order.Source(row), run, 0, _columns, into[..(run * rowBytes)]);
            into = into[(run * rowBytes)..];
            row += run;
        }
    }

    private void ReadStored(int row, int rows, int column, int columns, Span<byte> into)
    {
        long stride = _stored.BytesFor(_columns), start = (row * stride) + _stored.BytesFor(column);
        if (columns == _columns)
        {
            _slice.Read(start, into);
            return;
        }

        int length = into.Length / rows;
        for (int r = 0; r < rows; r++)
        {
            _slice.Read(start + (r * stride), into.Slice(r * length, length));
        }
    }

    private void Expand(ReadOnlySpan<byte> bytes, int row, int column, int columns, Span<float> values)
    {
        if (Scales is null)
        {
            BlockCodec.Decode(_stored.Type, bytes, values);
            return;
        }

        BlockScales.Expand(bytes, values);
        for (int at = 0; at < values.Length; at += columns)
        {
            BlockScales.Apply(values.Slice(at, columns), FirstRow + row++, column, _columns, Scales);
        }
    }
}
