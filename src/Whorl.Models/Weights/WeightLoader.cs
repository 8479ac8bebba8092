using System.Runtime.InteropServices;
using Whorl.Formats;
using Whorl.Tensors;

namespace Whorl.Models;

/// <summary>Reads weights by role, checks their shapes, and hands them to a backend.</summary>
/// <remarks>One tensor's bytes are held at a time; a fused tensor that several roles share is read once if they follow each other.</remarks>
/// <param name="checkpoint">Where the tensors are.</param>
/// <param name="map">What they are called.</param>
/// <param name="backend">Who packs them.</param>
public sealed class WeightLoader(ICheckpoint checkpoint, WeightMap map, IBackend backend)
{
    private readonly HashSet<string> _used = [];
    private string? _heldName;
    private long _heldOffset;
    private int _heldLength;
    private byte[] _held = [];
    private byte[] _gathered = [];

    /// <summary>The block whose weights are being read.</summary>
    public int Block { get; set; }

    /// <summary>Who packs the weights.</summary>
    public IBackend Backend { get; } = backend;

    /// <summary>Names of the tensors read so far.</summary>
    public IReadOnlySet<string> Used => _used;

    /// <summary>Whether the checkpoint holds a role's weight.</summary>
    public bool Has(string role) => map.Has(role, Block) && Find(role, 0, bias: false) is not null;

    /// <summary>A linear layer.</summary>
    /// <param name="role">Its role.</param>
    /// <param name="outputs">Rows.</param>
    /// <param name="inputs">Columns.</param>
    /// <param name="bias">Whether it has a bias; null: as the checkpoint has it.</param>
    /// <param name="expert">The expert's number, for a role of experts.</param>
    /// <exception cref="ModelFormatException">The tensor is missing, of another shape, or of an element type without a kernel.</exception>
    public LinearWeight Linear(string role, int outputs, int inputs, bool? bias = false, int expert = 0)
    {
        Matrix matrix = Matrix(role, outputs, inputs, expert);
        try
        {
            bool wanted = bias ?? Find(role, expert, bias: true) is not null;
            return new LinearWeight(matrix, wanted ? Vector(role, outputs, expert, bias: true) : null);
        }
        catch
        {
            matrix.Dispose();
            throw;
        }
    }

    /// <summary>A weight matrix alone.</summary>
    /// <inheritdoc cref="Linear"/>
    public Matrix Matrix(string role, int outputs, int inputs, int expert = 0)
    {
        WeightSource source = map.Of(role, Block);
        if (source.MayBeMicroscaled && Find(role, expert, bias: false) is null && FindMicroscaled(role, expert) is { } pair)
        {
            return Microscaled(source, pair, outputs, inputs, expert);
        }

        TensorEntry entry = Need(role, expert, bias: false);
        RowOrder order = Order(source.Rows, entry, outputs);
        try
        {
            return source.Ternary is { } form ? Ternary(form, role, entry, outputs, inputs)
                : source.Transposed ? Turned(source, entry, order, inputs, expert) : Straight(source, entry, order, inputs, expert);
        }
        catch (NotSupportedException e)
        {
            throw new ModelFormatException(entry.File, e.Message, entry.Name, inner: e);
        }
    }

    /// <summary>A vector: a gain, a bias, a table.</summary>
    /// <param name="role">Its role.</param>
    /// <param name="length">Elements.</param>
    /// <param name="expert">The expert's number, for a role of experts.</param>
    /// <param name="bias">Whether it is the role's bias instead of its weight.</param>
    /// <param name="change">What is done to each element, or null.</param>
    public Parameter Vector(string role, int length, int expert = 0, bool bias = false, Func<float, float>? change = null)
    {
        float[] values = new float[length];
        int parts = map.Of(role, Block).Parts;
        for (int part = 0; part < parts; part++)
        {
            Fill(values.AsSpan(length / parts * part, length / parts), role, expert + part, bias);
        }

        for (int i = 0; i < length && change is not null; i++)
        {
            values[i] = change(values[i]);
        }

        return new Parameter(values);
    }

    /// <summary>A table with its rows and columns exchanged, <c>[columns, rows]</c>, kept as float32.</summary>
    /// <param name="role">Its role.</param>
    /// <param name="rows">Rows as stored.</param>
    /// <param name="columns">Columns as stored.</param>
    /// <param name="change">What is done to each element, or null.</param>
    public Parameter TurnedTable(string role, int rows, int columns, Func<float, float>? change = null)
    {
        using Parameter stored = Vector(role, checked(rows * columns), change: change);
        ReadOnlySpan<float> values = stored.Value.Span;
        float[] turned = new float[values.Length];
        for (int i = 0; i < turned.Length; i++)
        {
            turned[i] = values[(i % rows * columns) + (i / rows)];
        }

        return new Parameter(turned, columns);
    }

    /// <summary>Refuses tensors of a block that nothing asked for: the config and the checkpoint then disagree.</summary>
    public void RefuseUnused(int block)
    {
        foreach (string name in checkpoint.Names)
        {
            if (map.IsOfBlock(name, block) && !_used.Contains(name) && !map.IsIgnored(name) && checkpoint.TryGet(name, out TensorEntry? entry))
            {
                throw new ModelFormatException(entry.File, "is not used by a model of this config; config and weights do not belong together", name);
            }
        }
    }

    private void Fill(Span<float> values, string role, int expert, bool bias)
    {
        TensorEntry entry = Need(role, expert, bias);
        WeightSource source = map.Of(role, Block);
        RowOrder order = Order(source.Rows, entry, values.Length);
        long elements = Elements(entry), slice = source.Stacked ? expert : 0;
        if (source.Stacked ? elements % order.StoredRows != 0 || slice >= elements / order.StoredRows : elements != order.StoredRows)
        {
            throw WrongShape(entry, $"{order.StoredRows} elements{(source.Stacked ? " a slice" : "")}");
        }

        float[] stored = new float[order.StoredRows];
        int bytes = checked((int)ElementTypes.Info(entry.ElementType).BytesFor(order.StoredRows));
        Decode(entry, Bytes(entry, slice * bytes, bytes), stored);
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = stored[order.Source(i)];
        }
    }

    private static RowOrder Order(RowOrder? rows, TensorEntry entry, int count)
    {
        RowOrder order = rows ?? RowOrder.Range(0, count, count);
        return order.Rows == count ? order : throw new ModelFormatException(entry.File, $"holds {order.Rows} rows for a weight of {count}", entry.Name);
    }

    /// <summary>Checks a matrix's shape and gives the stored row at which the slice begins.</summary>
    private static long FirstRow(TensorEntry entry, WeightSource source, int slice, int rows, int columns)
    {
        ReadOnlySpan<long> shape = entry.Shape.AsSpan();
        bool fits = !source.Stacked ? shape.SequenceEqual([rows, columns]) || (rows == 1 && shape.SequenceEqual([columns]))
            : shape.Length == 3 ? shape[1..].SequenceEqual([rows, columns]) && slice < shape[0]
            : shape.Length == 2 && shape[1] == columns && shape[0] % rows == 0 && slice < shape[0] / rows;
        return fits ? source.Stacked ? (long)slice * rows : 0
            : throw WrongShape(entry, source.Stacked ? $"[more than {slice}, {rows}, {columns}]" : $"[{rows}, {columns}]");
    }

    private static long Elements(TensorEntry entry)
    {
        long elements = 1;
        foreach (long dimension in entry.Shape)
        {
            elements *= dimension;
        }

        return elements;
    }

    private static ModelFormatException WrongShape(TensorEntry entry, string expected) =>
        new(entry.File, $"has shape [{string.Join(", ", entry.Shape)}]; the config asks for {expected}", entry.Name);

    private static void Decode(TensorEntry entry, ReadOnlySpan<byte> bytes, Span<float> values)
    {
        try
        {
            BlockCodec.Decode(entry.ElementType, bytes, values);
        }
        catch (NotSupportedException e)
        {
            throw new ModelFormatException(entry.File, e.Message, entry.Name, inner: e);
        }
    }

    /// <summary>Rows taken from a matrix of stored columns, and columns from its stored rows.</summary>
    private static byte[] Transpose(ReadOnlySpan<byte> bytes, RowOrder columns, RowOrder rows, int size)
    {
        byte[] turned = new byte[checked(columns.Rows * rows.Rows * size)];
        for (int r = 0; r < columns.Rows; r++)
        {
            for (int c = 0; c < rows.Rows; c++)
            {
                bytes.Slice(((rows.Source(c) * columns.StoredRows) + columns.Source(r)) * size, size).CopyTo(turned.AsSpan(((r * rows.Rows) + c) * size));
            }
        }

        return turned;
    }

    private TensorEntry? Find(string role, int expert, bool bias)
    {
        string name = map.Name(role, Block, expert, bias);
        foreach (string prefix in map.Prefixes)
        {
            if (checkpoint.TryGet(prefix + name, out TensorEntry? entry))
            {
                return entry;
            }
        }

        return null;
    }

    private TensorEntry Need(string role, int expert, bool bias)
    {
        TensorEntry entry = Find(role, expert, bias) ?? checkpoint.Get(map.Prefixes[0] + map.Name(role, Block, expert, bias));
        _used.Add(entry.Name);
        return entry;
    }

    /// <summary>A matrix stored as <c>[outputs, inputs]</c>.</summary>
    private Matrix Straight(WeightSource source, TensorEntry entry, RowOrder order, int inputs, int expert)
    {
        int rowBytes = checked((int)ElementTypes.Info(entry.ElementType).BytesFor(inputs));
        long first = FirstRow(entry, source, expert, order.StoredRows, inputs);
        if (order is not { Groups: 1, PairedHeadSize: 0 })
        {
            return Backend.Pack(
                entry.ElementType, order.Rows, inputs, Gather(Bytes(entry, first * rowBytes, checked(order.StoredRows * rowBytes)), order, rowBytes));
        }

        // One run of rows is read alone.
        return Backend.Pack(entry.ElementType, order.Rows, inputs, Bytes(entry, (first + order.Offset) * rowBytes, checked(order.Count * rowBytes)));
    }

    /// <summary>A matrix stored as <c>[inputs, outputs]</c>; blocks of a quantised one are taken apart, so it is kept as float32.</summary>
    private Matrix Turned(WeightSource source, TensorEntry entry, RowOrder order, int inputs, int expert)
    {
        RowOrder rows = Order(source.Inputs, entry, inputs);
        ElementTypeInfo info = ElementTypes.Info(entry.ElementType);
        int rowBytes = checked((int)info.BytesFor(order.StoredRows));
        long first = FirstRow(entry, source, expert, rows.StoredRows, order.StoredRows);
        ReadOnlySpan<byte> bytes = Bytes(entry, first * rowBytes, checked(rows.StoredRows * rowBytes));
        if (info.BlockSize == 1)
        {
            return Backend.Pack(entry.ElementType, order.Rows, inputs, Transpose(bytes, order, rows, rowBytes / order.StoredRows));
        }

        float[] values = new float[checked(rows.StoredRows * order.StoredRows)];
        Decode(entry, bytes, values);
        return Backend.Pack(ElementType.F32, order.Rows, inputs, Transpose(MemoryMarshal.AsBytes<float>(values), order, rows, sizeof(float)));
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
            throw new ModelFormatException(entry.File, $"is {entry.ElementType} for {outputs} rows; packed ternary weights are U8, and their rows a multiple of 4", entry.Name);
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
        if (inputs % MicroscaledBlocks.Values != 0 || shape.Length != 3 || expert >= shape[0] || shape[1] != order.StoredRows || shape[2] != blocks
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
            if (checkpoint.TryGet($"{prefix}{name}_blocks", out TensorEntry? codes) && checkpoint.TryGet($"{prefix}{name}_scales", out TensorEntry? scales))
            {
                _used.Add(codes.Name);
                _used.Add(scales.Name);
                return (codes, scales);
            }
        }

        return null;
    }

    /// <summary>A range of a tensor's bytes; kept until another is read.</summary>
    private ReadOnlySpan<byte> Bytes(TensorEntry entry, long offset, int length)
    {
        if (_heldName != entry.Name || _heldOffset != offset || _heldLength != length)
        {
            _heldName = null;
            _held = _held.Length >= length ? _held : new byte[length];
            checkpoint.Read(entry, offset, _held.AsSpan(0, length));
            (_heldName, _heldOffset, _heldLength) = (entry.Name, offset, length);
        }

        return _held.AsSpan(0, length);
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
