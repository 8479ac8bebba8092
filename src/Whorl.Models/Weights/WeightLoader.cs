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
    private byte[] _held = [];
    private byte[] _gathered = [];

    /// <summary>The block whose weights are being read.</summary>
    public int Block { get; set; }

    /// <summary>Who packs the weights.</summary>
    public IBackend Backend { get; } = backend;

    /// <summary>Names of the tensors read so far.</summary>
    public IReadOnlySet<string> Used => _used;

    /// <summary>Whether the checkpoint holds a role's weight.</summary>
    public bool Has(string role) => map.Has(role) && Find(role, 0, bias: false) is not null;

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
        WeightSource source = map[role];
        TensorEntry entry = Need(role, expert, bias: false);
        RowOrder order = Order(source, entry, outputs, expert);
        ReadOnlySpan<long> shape = source.Transposed ? [inputs, order.StoredRows] : [order.StoredRows, inputs];
        CheckShape(entry, shape);
        int rowBytes = checked((int)ElementTypes.Info(entry.ElementType).BytesFor(inputs));
        ReadOnlySpan<byte> rows = source.Transposed
            ? Transpose(Bytes(entry), inputs, order.StoredRows, rowBytes / inputs)
            : Bytes(entry, order, rowBytes, out order);
        try
        {
            return Backend.Pack(entry.ElementType, outputs, inputs, Gather(rows, order, rowBytes));
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
        TensorEntry entry = Need(role, expert, bias);
        RowOrder order = Order(map[role], entry, length, expert);
        long elements = 1;
        foreach (long dimension in entry.Shape)
        {
            elements *= dimension;
        }

        if (elements != order.StoredRows)
        {
            throw WrongShape(entry, $"{order.StoredRows} elements");
        }

        float[] stored = new float[order.StoredRows];
        Decode(entry, Bytes(entry), stored);
        float[] values = new float[length];
        for (int i = 0; i < length; i++)
        {
            float value = stored[order.Source(i)];
            values[i] = change is null ? value : change(value);
        }

        return new Parameter(values);
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

    private static RowOrder Order(WeightSource source, TensorEntry entry, int rows, int expert)
    {
        RowOrder order = source.Rows ?? RowOrder.Range(0, rows, rows);
        if (order.Rows != rows)
        {
            throw new ModelFormatException(entry.File, $"holds {order.Rows} rows for a weight of {rows}", entry.Name);
        }

        bool stacked = source.Name.Contains("{0}", StringComparison.Ordinal) && expert > 0 && !source.Name.Contains("{1}", StringComparison.Ordinal);
        return stacked || (entry.Shape.Length == 3 && !source.Name.Contains("{1}", StringComparison.Ordinal))
            ? RowOrder.Range(expert * rows, rows, checked((int)entry.Shape[0] * rows))
            : order;
    }

    private static void CheckShape(TensorEntry entry, ReadOnlySpan<long> expected)
    {
        // A stack of experts is [experts, rows, columns]: the same bytes as [experts * rows, columns].
        ReadOnlySpan<long> shape = entry.Shape.AsSpan();
        bool fits = shape.Length == 3 ? shape[0] * shape[1] == expected[0] && shape[2] == expected[1] : shape.SequenceEqual(expected);
        if (!fits)
        {
            throw WrongShape(entry, $"[{string.Join(", ", expected.ToArray())}]");
        }
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

    private static byte[] Transpose(ReadOnlySpan<byte> bytes, int rows, int columns, int size)
    {
        byte[] turned = new byte[bytes.Length];
        for (int r = 0; r < rows; r++)
        {
            for (int c = 0; c < columns; c++)
            {
                bytes.Slice(((r * columns) + c) * size, size).CopyTo(turned.AsSpan(((c * rows) + r) * size));
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

    /// <summary>All bytes of a tensor.</summary>
    private ReadOnlySpan<byte> Bytes(TensorEntry entry)
    {
        int length = checked((int)entry.ByteLength);
        if (_heldName != entry.Name)
        {
            _heldName = null;
            _held = _held.Length >= length ? _held : new byte[length];
            checkpoint.Read(entry, 0, _held.AsSpan(0, length));
            _heldName = entry.Name;
        }

        return _held.AsSpan(0, length);
    }

    /// <summary>The bytes that a row order needs: one run of rows is read alone, else the whole tensor.</summary>
    private ReadOnlySpan<byte> Bytes(TensorEntry entry, RowOrder order, int rowBytes, out RowOrder within)
    {
        within = order;
        if (order.Groups != 1 || order.PairedHeadSize > 0 || order.Count == order.StoredRows)
        {
            return Bytes(entry);
        }

        _heldName = null;
        int length = checked(order.Count * rowBytes);
        _held = _held.Length >= length ? _held : new byte[length];
        checkpoint.Read(entry, (long)order.Offset * rowBytes, _held.AsSpan(0, length));
        within = RowOrder.Range(0, order.Count, order.Count);
        return _held.AsSpan(0, length);
    }

    private ReadOnlySpan<byte> Gather(ReadOnlySpan<byte> stored, RowOrder order, int rowBytes)
    {
        if (order is { Groups: 1, Offset: 0, PairedHeadSize: 0 } && order.Count == order.StoredRows)
        {
            return stored;
        }

        int length = checked(order.Rows * rowBytes);
        _gathered = _gathered.Length >= length ? _gathered : new byte[length];
        for (int row = 0; row < order.Rows; row++)
        {
            stored.Slice(order.Source(row) * rowBytes, rowBytes).CopyTo(_gathered.AsSpan(row * rowBytes));
        }

        return _gathered.AsSpan(0, length);
    }
}
