using Whorl.Kernels.Cpu.Lanes;
using Whorl.Tensors;

namespace Whorl.Kernels.Cpu.Ops;

/// <summary>Keys and values in the layout of the attention kernels.</summary>
/// <remarks>
/// Keys: <c>[head][tile][KeySize][16]</c>, a tile being 16 slots and a lane a slot, so that 16 scores are formed side by side, each walking its own key in
/// order. Values: <c>[head][panel][slot][16]</c>, a panel being 16 dimensions and a lane a dimension, so that the weighted sum of 16 dimensions walks memory
/// in a line; the lanes past the size stay 0.
/// </remarks>
internal sealed unsafe class CpuKeyValueStore : KeyValueStore
{
    private const int Lanes = ILanes<ScalarLanes>.Count;
    private readonly NativeBuffer _keys;
    private readonly NativeBuffer _values;
    private readonly int _tiles;

    /// <summary>Takes the memory.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A size below 1.</exception>
    public CpuKeyValueStore(int heads, int keySize, int valueSize, int capacity)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(heads, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(keySize, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(valueSize, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(capacity);
        Heads = heads;
        KeySize = keySize;
        ValueSize = valueSize;
        ValuePanels = (valueSize + Lanes - 1) / Lanes;
        Capacity = capacity;
        _tiles = (int)(((long)capacity + Lanes - 1) / Lanes);
        _keys = new NativeBuffer(checked(4L * heads * _tiles * Lanes * keySize));
        _values = new NativeBuffer(checked(4L * heads * ValuePanels * capacity * Lanes));
    }

    /// <summary>Key and value heads.</summary>
    public int Heads { get; }

    /// <summary>Width of a key.</summary>
    public int KeySize { get; }

    /// <summary>Width of a value.</summary>
    public int ValueSize { get; }

    /// <summary>Panels of 16 dimensions of a value.</summary>
    public int ValuePanels { get; }

    /// <summary>Elements from one panel of values to the next.</summary>
    public long PanelStride => (long)Capacity * Lanes;

    /// <inheritdoc/>
    public override int Capacity { get; }

    /// <inheritdoc/>
    public override long Bytes => _keys.Bytes + _values.Bytes;

    /// <summary>A head's keys: tile t at <c>t · 16 · KeySize</c>.</summary>
    public float* Keys(int head) => (float*)_keys.Pointer + ((long)head * _tiles * Lanes * KeySize);

    /// <summary>A head's values: slot s of panel p at <c>p · PanelStride + s · 16</c>.</summary>
    public float* Values(int head) => (float*)_values.Pointer + (head * ValuePanels * PanelStride);

    /// <summary>Writes a token's key and value of one head.</summary>
    public void Write(int head, int slot, float* key, float* value)
    {
        float* lane = Lane(head, slot);
        for (int d = 0; d < KeySize; d++)
        {
            lane[d * Lanes] = key[d];
        }

        float* panel = Values(head) + ((long)slot * Lanes);
        for (int d = 0; d < ValueSize; d += Lanes, panel += PanelStride)
        {
            int lanes = Math.Min(Lanes, ValueSize - d);
            new ReadOnlySpan<float>(value + d, lanes).CopyTo(new Span<float>(panel, lanes));
        }
    }

    /// <inheritdoc/>
    public override void Move(int from, int to)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)from, (uint)Capacity, nameof(from));
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)to, (uint)Capacity, nameof(to));
        for (int head = 0; head < Heads && from != to; head++)
        {
            float* source = Lane(head, from), target = Lane(head, to);
            for (int d = 0; d < KeySize; d++)
            {
                target[d * Lanes] = source[d * Lanes];
            }

            float* panel = Values(head);
            for (int p = 0; p < ValuePanels; p++, panel += PanelStride)
            {
                new ReadOnlySpan<float>(panel + ((long)from * Lanes), Lanes).CopyTo(new Span<float>(panel + ((long)to * Lanes), Lanes));
            }
        }
    }

    /// <inheritdoc/>
    public override void CopyFrom(KeyValueStore other, int slots)
    {
        if (other is not CpuKeyValueStore from || from.Heads != Heads || from.KeySize != KeySize || from.ValueSize != ValueSize)
        {
            throw new ArgumentException("the stores are of unlike shape", nameof(other));
        }

        ArgumentOutOfRangeException.ThrowIfNegative(slots);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(slots, Math.Min(Capacity, from.Capacity));
        long keyBytes = 4L * ((slots + Lanes - 1) / Lanes) * Lanes * KeySize, valueBytes = 4L * slots * Lanes; // whole tiles of keys
        for (int head = 0; head < Heads; head++)
        {
            Buffer.MemoryCopy(from.Keys(head), Keys(head), keyBytes, keyBytes);
            for (int p = 0; p < ValuePanels; p++)
            {
                Buffer.MemoryCopy(from.Values(head) + (p * from.PanelStride), Values(head) + (p * PanelStride), valueBytes, valueBytes);
            }
        }
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        _keys.Dispose();
        _values.Dispose();
    }

    private float* Lane(int head, int slot) => Keys(head) + ((long)(slot / Lanes) * Lanes * KeySize) + (slot % Lanes);
}
