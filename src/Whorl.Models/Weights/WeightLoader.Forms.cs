using System.Runtime.InteropServices;
using Whorl.Formats;
using Whorl.Tensors;

namespace Whorl.Models;

/// <content>The forms in which checkpoints hold matrices.</content>
public sealed partial class WeightLoader
{
    /// <summary>Rows taken from a matrix of stored columns, and columns from its stored rows.</summary>
    private static byte[] Transpose(ReadOnlySpan<byte> bytes, RowOrder columns, RowOrder rows, int size)
    {
        byte[] turned = new byte[checked(columns.Rows * rows.Rows * size)];
        for (int r = 0; r < columns.Rows; r++)
        {
            for (int c = 0; c < rows.Rows; c++)
            {
                int stored = (rows.Source(c) * columns.StoredRows) + columns.Source(r);
                bytes.Slice(stored * size, size).CopyTo(turned.AsSpan(((r * rows.Rows) + c) * size));
            }
        }

        return turned;
    }

    /// <summary>A matrix stored as <c>[outputs, inputs]</c>.</summary>
    private Matrix Straight(WeightSource source, TensorEntry entry, RowOrder order, int inputs, int expert)
    {
        long first = FirstRow(entry, source, expert, order.StoredRows, inputs);
        if (order is { Groups: 1, PairedHeadSize: 0 })
        {
            // One run of rows is read alone.
            ReadOnlySpan<byte> run = Rows(entry, first + order.Offset, order.Count, inputs, out ElementType runType);
            return Backend.Pack(runType, order.Rows, inputs, run);
        }

        ReadOnlySpan<byte> rows = Rows(entry, first, order.StoredRows, inputs, out ElementType type);
        return Backend.Pack(type, order.Rows, inputs, Gather(rows, order, rows.Length / order.StoredRows));
    }

    /// <summary>A matrix stored as <c>[inputs, outputs]</c>; blocks of a quantised one are taken apart, so it is kept as float32.</summary>
    private Matrix Turned(WeightSource source, TensorEntry entry, RowOrder order, int inputs, int expert)
    {
        RowOrder rows = Order(source.Inputs, entry, inputs);
        long first = FirstRow(entry, source, expert, rows.StoredRows, order.StoredRows);
        ReadOnlySpan<byte> bytes = Rows(entry, first, rows.StoredRows, order.StoredRows, out ElementType type);
        int elements = checked(rows.StoredRows * order.StoredRows);
        if (ElementTypes.Info(type).BlockSize == 1)
        {
            return Backend.Pack(type, order.Rows, inputs, Transpose(bytes, order, rows, bytes.Length / elements));
        }

        float[] values = new float[elements];
        Decode(entry, bytes, values);
        return Backend.Pack(
            ElementType.F32, order.Rows, inputs, Transpose(MemoryMarshal.AsBytes<float>(values), order, rows, sizeof(float)));
    }

    /// <summary>Whole rows of a stored matrix; 8-bit floats that have a tensor of scales beside them are expanded to float32.</summary>
    private ReadOnlySpan<byte> Rows(TensorEntry entry, long first, int rows, int columns, out ElementType type)
    {
        int rowBytes = checked((int)ElementTypes.Info(entry.ElementType).BytesFor(columns));
        ReadOnlySpan<byte> bytes = Bytes(entry, first * rowBytes, checked(rows * rowBytes));
        type = entry.ElementType;
        if (type != ElementType.F8_E4M3 || !checkpoint.TryGet(entry.Name + BlockScales.Suffix, out TensorEntry? scales))
        {
            return bytes;
        }

        float[] values = new float[checked(rows * columns)];
        BlockScales.Expand(bytes, values);
        long scaleRows = BlockScales.Blocks(Elements(entry) / columns), scaleColumns = BlockScales.Blocks(columns);
        if (!scales.Shape.AsSpan().SequenceEqual([scaleRows, scaleColumns]))
        {
            throw WrongShape(scales, $"[{scaleRows}, {scaleColumns}]");
        }

        float[] factors = new float[checked((int)(scaleRows * scaleColumns))];
        Decode(scales, Bytes(scales, 0, checked((int)scales.ByteLength)), factors);
        BlockScales.Apply(values, first, columns, factors);
        _used.Add(scales.Name);
        type = ElementType.F32;
        return MemoryMarshal.AsBytes<float>(values);
    }

    /// <summary>A matrix of ternary weights; expanded to bfloat16 where that holds its scale, else to float32.</summary>
    private Matrix Ternary(TernaryForm form, string role, TensorEntry entry, int outputs, int inputs)
    {
        if (form == TernaryForm.Rounded)
        {
            FirstRow(entry, map.Of(role, Block), 0, outputs, inputs);
            float[] weights = new float[checked(outputs * inputs)];
            Decode(entry, Bytes(entry, 0, checked((int)entry.ByteLength)), weights);
            TernaryWeights.Round(weights);
            return Backend.Pack(ElementType.F32, outputs, inputs, MemoryMarshal.AsBytes<float>(weights));
        }

        if (entry.ElementType != ElementType.U8 || outputs % TernaryWeights.PerByte != 0)
        {
            throw new ModelFormatException(
                entry.File, $"is {entry.ElementType} for {outputs} rows; packed ternary weights are U8, and their rows a multiple of 4",
                entry.Name);
        }

        FirstRow(entry, map.Of(role, Block), 0, outputs / TernaryWeights.PerByte, inputs);
        float[] stored = new float[1];
        Fill(stored, role + TernaryWeights.ScaleRole, 0, bias: false);
        float scale = form == TernaryForm.PackedDivided ? 1 / stored[0] : stored[0];
        bool half = (BitConverter.SingleToUInt32Bits(scale) & 0xffff) == 0;
        byte[] expanded = new byte[checked(outputs * inputs * (half ? sizeof(ushort) : sizeof(float)))];
        ReadOnlySpan<byte> packed = Bytes(entry, 0, checked((int)entry.ByteLength));
        if (half)
        {
            TernaryWeights.UnpackToBFloat16(packed, scale, expanded);
        }
        else
        {
            TernaryWeights.Unpack(packed, scale, expanded);
        }

        return Backend.Pack(half ? ElementType.BF16 : ElementType.F32, outputs, inputs, expanded);
    }

    /// <summary>A stack of matrices <c>[outputs, inputs]</c> in MXFP4 codes and scales.</summary>
    private Matrix Microscaled(WeightSource source, (TensorEntry Codes, TensorEntry Scales) pair, int outputs, int inputs, int expert)
    {
        RowOrder order = Order(source.Rows, pair.Codes, outputs);
        int blocks = inputs / MicroscaledBlocks.Values, scaleBytes = checked(order.StoredRows * blocks);
        ReadOnlySpan<long> shape = pair.Scales.Shape.AsSpan();
        if (inputs % MicroscaledBlocks.Values != 0
            || shape.Length != 3 || expert >= shape[0] || shape[1] != order.StoredRows || shape[2] != blocks
            || !pair.Codes.Shape.AsSpan().SequenceEqual([shape[0], shape[1], shape[2], 16])
            || pair.Codes.ElementType != ElementType.U8 || pair.Scales.ElementType != ElementType.U8)
        {
            throw WrongShape(pair.Codes, $"[more than {expert}, {order.StoredRows}, {blocks}, 16] bytes, and scales to match");
        }

        byte[] scales = Bytes(pair.Scales, (long)expert * scaleBytes, scaleBytes).ToArray();
        ReadOnlySpan<byte> codes = Bytes(pair.Codes, 16L * expert * scaleBytes, checked(16 * scaleBytes));
        return Backend.Pack(ElementType.MXFP4, outputs, inputs, MicroscaledBlocks.Rows(codes, scales, order, blocks));
    }

    private (TensorEntry Codes, TensorEntry Scales)? FindMicroscaled(string role, int expert)
    {
        string name = map.Name(role, Block, expert, bias: false);
        foreach (string prefix in map.Prefixes)
        {
            if (checkpoint.TryGet($"{prefix}{name}_blocks", out TensorEntry? codes)
                && checkpoint.TryGet($"{prefix}{name}_scales", out TensorEntry? scales))
            {
                _used.Add(codes.Name);
                _used.Add(scales.Name);
                return (codes, scales);
            }
        }

        return null;
    }

    private ReadOnlySpan<byte> Gather(ReadOnlySpan<byte> stored, RowOrder order, int rowBytes)
    {
        int length = checked(order.Rows * rowBytes);
        _gathered = _gathered.Length >= length ? _gathered : new byte[length];
        for (int row = 0; row < order.Rows; row++)
        {
            stored.Slice(order.Source(row) * rowBytes, rowBytes).CopyTo(_gathered.AsSpan(row * rowBytes));
        }

        return _gathered.AsSpan(0, length);
    }
}
