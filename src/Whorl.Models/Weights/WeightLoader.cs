using Whorl.Formats;
using Whorl.Tensors;

namespace Whorl.Models;

/// <summary>Reads weights by role, checks their shapes, and hands them to a backend.</summary>
/// <remarks>
/// Of a fused tensor only the rows of the role are read. Where they lie in pieces too small to be read alone, the tensor is read whole and
/// held for the roles that share it; what is held takes 64 MiB at most.
/// </remarks>
/// <param name="checkpoint">Where the tensors are.</param>
/// <param name="map">What they are called.</param>
/// <param name="backend">Who packs them.</param>
public sealed partial class WeightLoader(ICheckpoint checkpoint, WeightMap map, IBackend backend) : IDisposable
{
    private readonly HashSet<string> _used = [];
    private OwnedWeights _loaded = new();
    private readonly CachedSlices _cached = new(checkpoint);

    /// <summary>The block whose weights are being read.</summary>
    public int Block { get; set; }

    /// <summary>Who packs the weights.</summary>
    public IBackend Backend { get; } = backend;

    /// <summary>Told of every weight that is read, or null.</summary>
    internal BlockDigest? Digest { get; set; }

    /// <summary>How rotary embeddings depend on a session's length, in the blocks that were read.</summary>
    internal HashSet<RopeScaling> Scalings { get; } = [];

    /// <summary>Names of the tensors read so far.</summary>
    public IReadOnlySet<string> Used => _used;

    /// <summary>Whether the checkpoint holds a role's weight.</summary>
    public bool Has(string role) => map.Has(role, Block) && Find(role, 0, bias: false) is not null;

    /// <summary>A linear layer.</summary>
    /// <param name="role">Its role.</param>
    /// <param name="outputs">Rows.</param>
    /// <param name="inputs">Columns.</param>
    /// <param name="bias">Whether it has a bias.</param>
    /// <param name="expert">The expert's number, for a role of experts.</param>
    /// <param name="biasRole">The role whose weight is the bias, where that is no bias of the role's own.</param>
    /// <exception cref="ModelFormatException">The tensor is missing, of another shape, or of an element type without a kernel.</exception>
    public LinearSite Linear(string role, int outputs, int inputs, bool bias = false, int expert = 0, string? biasRole = null)
    {
        Matrix matrix = Matrix(role, outputs, inputs, expert);
        Parameter? added = biasRole is not null ? Vector(biasRole, outputs) : bias ? Vector(role, outputs, expert, bias: true) : null;
        return new LinearSite(role, map.LayerName(role, Block, expert), new LinearWeight(matrix, added));
    }

    /// <summary>A weight matrix alone.</summary>
    /// <inheritdoc cref="Linear"/>
    public Matrix Matrix(string role, int outputs, int inputs, int expert = 0)
    {
        WeightSource source = map.Of(role, Block);
        if (source.MayBeMicroscaled && Find(role, expert, bias: false) is null && FindMicroscaled(role, expert) is { } pair)
        {
            return Track(Microscaled(role, source, pair, outputs, inputs, expert));
        }

        TensorEntry entry = Need(role, expert, bias: false);
        RowOrder order = Order(source.Rows, entry, outputs);
        try
        {
            return Track(source.Ternary is { } form ? Ternary(form, role, entry, outputs, inputs)
                : source.Transposed ? Transposed(role, source, entry, order, inputs, expert)
                : Direct(role, source, entry, order, inputs, expert));
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
    public Parameter Vector(string role, int length, int expert = 0, bool bias = false, Func<float, float>? change = null) =>
        Parameter(Values(role, length, expert, bias, change));

    /// <summary>A small weight that is no tensor of the checkpoint's.</summary>
    /// <param name="values">Row-major, <c>[rows, columns]</c>.</param>
    /// <param name="rows">Number of rows.</param>
    public Parameter Parameter(ReadOnlySpan<float> values, int rows = 1) => Track(Backend.CreateParameter(values, rows));

    /// <summary>A vector's elements, for whoever computes with them before the model runs.</summary>
    /// <inheritdoc cref="Vector"/>
    public float[] Values(string role, int length, int expert = 0, bool bias = false, Func<float, float>? change = null)
    {
        int parts = map.Of(role, Block).Parts;
        float[] values = [.. Enumerable.Range(0, parts).SelectMany(part => Part(role, length / parts, expert + part, bias))];
        Digest?.Add($"{role}.{expert}{(bias ? ".bias" : "")}", values);
        for (int i = 0; i < length && change is not null; i++)
        {
            values[i] = change(values[i]);
        }

        return values;
    }

    /// <summary>A table with its rows and columns exchanged, <c>[columns, rows]</c>, kept as float32.</summary>
    /// <param name="role">Its role.</param>
    /// <param name="rows">Rows as stored.</param>
    /// <param name="columns">Columns as stored.</param>
    /// <param name="change">What is done to each element, or null.</param>
    public Parameter TransposedTable(string role, int rows, int columns, Func<float, float>? change = null)
    {
        int length = (long)rows * columns <= Array.MaxLength
            ? rows * columns
            : throw WrongShape(Need(role, 0, bias: false), $"[{rows}, {columns}]");
        float[] values = Values(role, length, change: change), transposed = new float[length];
        for (int i = 0; i < transposed.Length; i++)
        {
            transposed[i] = values[(i % rows * columns) + (i / rows)];
        }

        return Parameter(transposed, columns);
    }

    /// <summary>
    /// Hands over what was read since the last time: a block's weights have one owner, and who computes with them has none to free.
    /// </summary>
    public IDisposable Take()
    {
        OwnedWeights taken = _loaded;
        _loaded = new OwnedWeights();
        return taken;
    }

    /// <summary>Frees what was read and not taken: weights of a block whose loading failed.</summary>
    public void Dispose() => _loaded.Dispose();

    /// <summary>Refuses tensors of a block that nothing asked for: the config and the checkpoint then disagree.</summary>
    public void RefuseUnused(int block)
    {
        foreach (string name in checkpoint.Names)
        {
            if (map.IsOfBlock(name, block) && !_used.Contains(name) && !map.IsIgnored(name)
                && checkpoint.TryGet(name, out TensorEntry? entry))
            {
                throw new ModelFormatException(
                    entry.File, "is not used by a model of this config; config and weights do not belong together", name);
            }
        }
    }

    private T Track<T>(T weight)
        where T : IDisposable
    {
        _loaded.Add(weight);
        return weight;
    }

    /// <summary>A vector's elements; nothing is allocated before the tensor is seen to have so many.</summary>
    private float[] Part(string role, int length, int expert, bool bias)
    {
        TensorEntry entry = Need(role, expert, bias);
        WeightSource source = map.Of(role, Block);
        RowOrder order = Order(source.Rows, entry, length);
        long elements = entry.ElementCount, slice = source.Stacked ? expert : 0;
        if (source.Stacked ? elements % order.StoredRows != 0 || slice >= elements / order.StoredRows : elements != order.StoredRows)
        {
            throw WrongShape(entry, $"{order.StoredRows} elements{(source.Stacked ? " a slice" : "")}");
        }

        float[] stored = new float[order.StoredRows];
        Decode(entry, slice, stored);
        return source.Rows is null ? stored : [.. Enumerable.Range(0, length).Select(i => stored[order.Source(i)])];
    }

    private static RowOrder Order(RowOrder? rows, TensorEntry entry, int count)
    {
        RowOrder order = rows ?? RowOrder.Range(0, count, count);
        return order.Rows == count
            ? order
            : throw new ModelFormatException(entry.File, $"holds {order.Rows} rows for a weight of {count}", entry.Name);
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

    private static ModelFormatException WrongShape(TensorEntry entry, string expected) =>
        new(entry.File, $"has shape [{string.Join(", ", entry.Shape)}]; the config asks for {expected}", entry.Name);

    /// <summary>One of a tensor's equal slices as float32.</summary>
    private void Decode(TensorEntry entry, long slice, Span<float> values)
    {
        byte[] bytes = new byte[entry.Type.BytesFor(values.Length)];
        _cached.Get(entry, slice * bytes.Length, bytes.Length).Read(0, bytes);
        try
        {
            BlockCodec.Decode(entry.ElementType, bytes, values);
        }
        catch (NotSupportedException e)
        {
            throw new ModelFormatException(entry.File, e.Message, entry.Name, inner: e);
        }
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
}
