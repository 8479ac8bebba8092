using System.Runtime.InteropServices;
using Whorl.Formats;
using Whorl.Tensors;

namespace Whorl.Models;

/// <content>The forms in which checkpoints hold matrices.</content>
public sealed partial class WeightLoader
{
    /// <summary>A matrix stored as <c>[outputs, inputs]</c>.</summary>
    private Matrix Direct(string role, WeightSource source, TensorEntry entry, RowOrder order, int inputs, int expert)
    {
        long first = FirstRow(entry, source, expert, order.StoredRows, inputs);
        StoredMatrix stored = Stored(entry, new StoredSlice(checkpoint, entry, first * entry.Type.BytesFor(inputs)), first, inputs);
        return Pack(role, expert, stored.Type, order.Rows, inputs, (row, into) => stored.ReadRows(order, row, into));
    }

    /// <summary>A matrix stored as <c>[inputs, outputs]</c>; blocks of a quantised one are taken apart, so it is kept as float32.</summary>
    private Matrix Transposed(string role, WeightSource source, TensorEntry entry, RowOrder order, int inputs, int expert)
    {
        RowOrder rows = Order(source.Inputs, entry, inputs);
        long first = FirstRow(entry, source, expert, rows.StoredRows, order.StoredRows), rowBytes = entry.Type.BytesFor(order.StoredRows);
        if (rows.RunFrom(0, inputs) == inputs)
        {
            // The rest of the slice is another role's, and perhaps not transposed.
            first += rows.Source(0);
            rows = RowOrder.Range(0, inputs, inputs);
        }

        StoredSlice slice = _cached.Get(entry, first * rowBytes, rows.StoredRows * rowBytes);
        StoredMatrix stored = Stored(entry, slice, first, order.StoredRows, isExpanded: entry.Type.BlockSize > 1);
        return Pack(role, expert, stored.Type, order.Rows, inputs, new TransposedRows(stored, order, rows).Read);
    }

    /// <summary>A stored matrix; 8-bit floats that have a tensor of scales beside them are expanded to float32.</summary>
    private StoredMatrix Stored(TensorEntry entry, StoredSlice slice, long first, int columns, bool isExpanded = false)
    {
        if (entry.ElementType != ElementType.F8_E4M3 || !checkpoint.TryGet(entry.Name + BlockScales.Suffix, out TensorEntry? scales))
        {
            return new StoredMatrix(slice, entry.ElementType, columns, isExpanded);
        }

        long scaleRows = BlockScales.Blocks(entry.ElementCount / columns), scaleColumns = BlockScales.Blocks(columns);
        if (!scales.Shape.AsSpan().SequenceEqual([scaleRows, scaleColumns]))
        {
            throw WrongShape(scales, $"[{scaleRows}, {scaleColumns}]");
        }

        float[] factors = new float[checked((int)(scaleRows * scaleColumns))];
        Decode(scales, 0, factors);
        _used.Add(scales.Name);
        return new StoredMatrix(slice, entry.ElementType, columns, isExpanded: true) { Scales = factors, FirstRow = first };
    }

    /// <summary>Ternary weights as they were trained, rounded by the mean of their magnitudes; kept as float32.</summary>
    private Matrix Rounded(string role, TensorEntry entry, int outputs, int inputs)
    {
        StoredMatrix stored = new(_cached.Get(entry, 0, entry.ByteLength), entry.ElementType, inputs, isExpanded: true);
        double sum = 0;
        float[] values = new float[inputs];
        for (int row = 0; row < outputs; row++)
        {
            stored.Read(row, 1, 0, inputs, MemoryMarshal.AsBytes(values.AsSpan()));
            sum = TernaryWeights.AddMagnitudes(sum, values);
        }

        double mean = sum / ((double)outputs * inputs);
        return Pack(role, 0, ElementType.F32, outputs, inputs, (row, into) =>
        {
            stored.Read(row, into.Length / sizeof(float) / inputs, 0, inputs, into);
            TernaryWeights.Round(MemoryMarshal.Cast<byte, float>(into), mean);
        });
    }

    /// <summary>A matrix of ternary weights, four a byte; expanded to bfloat16 where that holds its scale, else to float32.</summary>
    private Matrix Packed(TernaryForm form, string role, TensorEntry entry, int outputs, int inputs)
    {
        float stored = Values(role + TernaryWeights.ScaleRole, 1, 0, bias: false)[0];
        float scale = form == TernaryForm.PackedDivided ? 1 / stored : stored;
        bool half = (BitConverter.SingleToUInt32Bits(scale) & 0xffff) == 0;
        int quarter = outputs / TernaryWeights.PerByte, rowBytes = inputs * (half ? sizeof(ushort) : sizeof(float));
        StoredSlice slice = _cached.Get(entry, 0, entry.ByteLength);
        return Pack(role, 0, half ? ElementType.BF16 : ElementType.F32, outputs, inputs, (first, into) =>
        {
            byte[] packed = new byte[inputs];
            for (int row = first; !into.IsEmpty; row++, into = into[rowBytes..])
            {
                slice.Read((long)(row % quarter) * inputs, packed);
                if (half)
                {
                    TernaryWeights.UnpackToBFloat16(packed, row / quarter, scale, into[..rowBytes]);
                }
                else
                {
                    TernaryWeights.Unpack(packed, row / quarter, scale, into[..rowBytes]);
                }
            }
        });
    }

    private Matrix Ternary(TernaryForm form, string role, TensorEntry entry, int outputs, int inputs)
    {
        WeightSource source = map.Of(role, Block);
        if (form == TernaryForm.Rounded)
        {
            FirstRow(entry, source, 0, outputs, inputs);
            return Rounded(role, entry, outputs, inputs);
        }

        if (entry.ElementType != ElementType.U8 || outputs % TernaryWeights.PerByte != 0)
        {
            throw new ModelFormatException(
                entry.File, $"is {entry.ElementType} for {outputs} rows; packed ternary weights are U8, and their rows a multiple of 4",
                entry.Name);
        }

        FirstRow(entry, source, 0, outputs / TernaryWeights.PerByte, inputs);
        return Packed(form, role, entry, outputs, inputs);
    }

    /// <summary>A stack of matrices <c>[outputs, inputs]</c> in MXFP4 codes and scales.</summary>
    private Matrix Microscaled(
        string role, WeightSource source, (TensorEntry Codes, TensorEntry Scales) pair, int outputs, int inputs, int expert)
    {
        RowOrder order = Order(source.Rows, pair.Codes, outputs);
        int blocks = inputs / MicroscaledRows.Values;
        ReadOnlySpan<long> shape = pair.Scales.Shape.AsSpan();
        if (inputs % MicroscaledRows.Values != 0
            || shape.Length != 3 || expert >= shape[0] || shape[1] != order.StoredRows || shape[2] != blocks
            || !pair.Codes.Shape.AsSpan().SequenceEqual([shape[0], shape[1], shape[2], MicroscaledRows.Codes])
            || pair.Codes.ElementType != ElementType.U8 || pair.Scales.ElementType != ElementType.U8)
        {
            throw WrongShape(pair.Codes, $"[more than {expert}, {order.StoredRows}, {blocks}, 16] bytes, and scales to match");
        }

        long scaleBytes = (long)order.StoredRows * blocks, codeBytes = scaleBytes * MicroscaledRows.Codes;
        StoredSlice scales = _cached.Get(pair.Scales, expert * scaleBytes, scaleBytes);
        StoredSlice codes = _cached.Get(pair.Codes, expert * codeBytes, codeBytes);
        return Pack(role, expert, ElementType.MXFP4, outputs, inputs, new MicroscaledRows(codes, scales, order, blocks).Read);
    }

    private Matrix Pack(string role, int expert, ElementType type, int rows, int columns, RowReader read)
    {
        PackRequest request = new(type, rows, columns, read) { Key = $"{Block}/{role}/{expert}" };
        if (Digest is null)
        {
            return Backend.Pack(request);
        }

        BlockDigest.Rows hashed = new(request);
        Matrix matrix = Backend.Pack(request with { Read = hashed.Read });
        Digest.Add($"{role}.{expert}", hashed);
        return matrix;
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
}
