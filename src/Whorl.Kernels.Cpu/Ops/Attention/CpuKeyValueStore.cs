using Whorl.Kernels.Cpu.Lanes;
using Whorl.Kernels.Cpu.Memory;
using Whorl.Tensors;

namespace Whorl.Kernels.Cpu.Ops;

/// <summary>Keys and values in <see cref="KeyValuePage"/>s, which are taken as slots are first written.</summary>
/// <remarks>All pages have <see cref="KeyValueStore.PageSlots"/> slots but the last, which has what the capacity leaves.</remarks>
internal sealed unsafe class CpuKeyValueStore : KeyValueStore
{
    private const int Lanes = ILanes<ScalarLanes>.Count;
    private readonly PagePool _pool;
    private readonly KeyValuePage?[] _pages;
    private bool _disposed;

    /// <summary>Takes no memory yet.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A size below 1, or more than a page of which can be addressed.</exception>
    public CpuKeyValueStore(PagePool pool, int heads, int keySize, int valueSize, int capacity)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(heads, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(keySize, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(valueSize, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(capacity);
        _pool = pool;
        Heads = heads;
        KeySize = keySize;
        ValueSize = valueSize;
        ValuePanels = (valueSize + Lanes - 1) / Lanes;
        Capacity = capacity;
        _ = checked(heads * (keySize + (ValuePanels * Lanes)) * sizeof(float) * PageSlots);
        _pages = new KeyValuePage?[(int)(((long)capacity + PageSlots - 1) / PageSlots)];
    }

    /// <summary>Key and value heads.</summary>
    public int Heads { get; }

    /// <summary>Width of a key.</summary>
    public int KeySize { get; }

    /// <summary>Width of a value.</summary>
    public int ValueSize { get; }

    /// <summary>Panels of 16 dimensions of a value.</summary>
    public int ValuePanels { get; }

    /// <inheritdoc/>
    public override int Capacity { get; }

    /// <inheritdoc/>
    public override KeyValueFormat Format => KeyValueFormat.F32;

    /// <inheritdoc/>
    public override int KeyElements => Heads * KeySize;

    /// <inheritdoc/>
    public override int ValueElements => Heads * ValueSize;

    /// <inheritdoc/>
    public override long BytesTaken => _pages.Sum(page => page?.Bytes ?? 0);

    /// <inheritdoc/>
    public override long BytesFor(int slots)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)slots, (uint)Capacity, nameof(slots));
        int last = (int)(((long)slots + PageSlots - 1) / PageSlots) - 1;
        return last < 0 ? 0 : (last * PageBytes(0)) + PageBytes(last); // all but the last are alike
    }

    /// <summary>Slots of a page.</summary>
    public int SlotsOf(int page) => (int)Math.Min(PageSlots, Capacity - ((long)page * PageSlots));

    /// <summary>A head's keys in a page that has been written to: tile t at <c>t · 16 · KeySize</c>.</summary>
    public float* Keys(int page, int head) => _pages[page]!.Start + ((long)head * KeySlots(page) * KeySize);

    /// <summary>A head's values in a page that has been written to: slot s of panel p at <c>(p · SlotsOf(page) + s) · 16</c>.</summary>
    public float* Values(int page, int head)
    {
        return _pages[page]!.Start + ((long)KeySlots(page) * Heads * KeySize) + (head * ValuePanels * PanelStride(page));
    }

    /// <summary>Takes the memory of some slots, for this store alone: they may then be written to, by many threads.</summary>
    /// <exception cref="ObjectDisposedException">The store was disposed.</exception>
    public void MakeWritable(int firstSlot, int slots)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        for (int page = firstSlot / PageSlots; slots > 0 && page <= (firstSlot + slots - 1) / PageSlots; page++)
        {
            if (_pages[page] is not { } old)
            {
                _pages[page] = NewPage(page);
            }
            else if (old.IsShared)
            {
                KeyValuePage own = NewPage(page);
                Buffer.MemoryCopy(old.Start, own.Start, own.Bytes, own.Bytes);
                _pages[page] = own;
                old.Dispose();
            }
        }
    }

    /// <summary>Writes a token's key and value of one head to a slot that was made writable.</summary>
    public void Write(int head, int slot, float* key, float* value)
    {
        float* lane = Lane(head, slot);
        for (int d = 0; d < KeySize; d++)
        {
            lane[d * Lanes] = key[d];
        }

        float* panel = Panel(head, slot);
        long stride = PanelStride(slot / PageSlots);
        for (int d = 0; d < ValueSize; d += Lanes, panel += stride)
        {
            int lanes = Math.Min(Lanes, ValueSize - d);
            new ReadOnlySpan<float>(value + d, lanes).CopyTo(new Span<float>(panel, lanes));
        }
    }

    /// <summary>Elements from one panel of values to the next in a page.</summary>
    public long PanelStride(int page) => (long)SlotsOf(page) * Lanes;

    /// <inheritdoc/>
    public override void Move(int from, int to)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)from, (uint)Capacity, nameof(from));
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)to, (uint)Capacity, nameof(to));
        MakeWritable(to, 1);
        long sourceStride = PanelStride(from / PageSlots), targetStride = PanelStride(to / PageSlots);
        for (int head = 0; head < Heads && from != to; head++)
        {
            float* source = Lane(head, from), target = Lane(head, to);
            for (int d = 0; d < KeySize; d++)
            {
                target[d * Lanes] = source[d * Lanes];
            }

            source = Panel(head, from);
            target = Panel(head, to);
            for (int p = 0; p < ValuePanels; p++)
            {
                new ReadOnlySpan<float>(source + (p * sourceStride), Lanes).CopyTo(new Span<float>(target + (p * targetStride), Lanes));
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
        ObjectDisposedException.ThrowIf(_disposed, this);
        for (int first = 0; first < slots && from != this; first += PageSlots)
        {
            int page = first / PageSlots, count = Math.Min(PageSlots, slots - first);
            if (SlotsOf(page) == from.SlotsOf(page))
            {
                KeyValuePage? shared = from._pages[page]?.Share();
                _pages[page]?.Dispose();
                _pages[page] = shared;
                continue;
            }

            float[] keys = new float[count * KeyElements], values = new float[count * ValueElements]; // one is the last and shorter
            from.Export(first, count, keys, values);
            Import(first, count, keys, values);
        }
    }

    /// <inheritdoc/>
    public override SharedPage Share(int page)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return (uint)page < (uint)_pages.Length && _pages[page] is { Shape.Slots: PageSlots } whole
            ? whole.Share()
            : throw new InvalidOperationException($"page {page} of {_pages.Length} is not whole, or has never been written");
    }

    /// <inheritdoc/>
    public override void Adopt(int page, SharedPage shared)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (shared is not KeyValuePage adopted || (uint)page >= (uint)_pages.Length || adopted.Shape != ShapeOf(page))
        {
            throw new ArgumentException($"the page does not fit in the place of page {page} of {_pages.Length}", nameof(shared));
        }

        _pages[page]?.Dispose();
        _pages[page] = adopted.Share();
    }

    /// <inheritdoc/>
    public override void Export(int firstSlot, int slots, Span<float> keys, Span<float> values)
    {
        CheckRange(firstSlot, slots, keys.Length, values.Length);
        fixed (float* key = keys, value = values)
        {
            for (int slot = 0; slot < slots; slot++)
            {
                if (_pages[(firstSlot + slot) / PageSlots] is null)
                {
                    throw new InvalidOperationException($"slot {firstSlot + slot} has never been written");
                }

                for (int head = 0; head < Heads; head++)
                {
                    long at = ((long)slot * Heads) + head;
                    Read(head, firstSlot + slot, key + (at * KeySize), value + (at * ValueSize));
                }
            }
        }
    }

    /// <inheritdoc/>
    public override void Import(int firstSlot, int slots, ReadOnlySpan<float> keys, ReadOnlySpan<float> values)
    {
        CheckRange(firstSlot, slots, keys.Length, values.Length);
        MakeWritable(firstSlot, slots);
        fixed (float* key = keys, value = values)
        {
            for (int slot = 0; slot < slots; slot++)
            {
                for (int head = 0; head < Heads; head++)
                {
                    long at = ((long)slot * Heads) + head;
                    Write(head, firstSlot + slot, key + (at * KeySize), value + (at * ValueSize));
                }
            }
        }
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        _disposed = true;
        for (int i = 0; i < _pages.Length; i++)
        {
            _pages[i]?.Dispose();
            _pages[i] = null;
        }
    }

    private KeyValuePage NewPage(int page) => new(_pool, ShapeOf(page), PageBytes(page));

    private PageShape ShapeOf(int page) => new(Heads, KeySize, ValueSize, SlotsOf(page));

    // Whole tiles.
    private int KeySlots(int page) => (SlotsOf(page) + Lanes - 1) & -Lanes;

    private long PageBytes(int page) => 4L * Heads * (((long)KeySlots(page) * KeySize) + (ValuePanels * PanelStride(page)));

    private void CheckRange(int firstSlot, int slots, long keys, long values)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(firstSlot);
        ArgumentOutOfRangeException.ThrowIfNegative(slots);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(slots, Capacity - firstSlot);
        if (keys != (long)slots * KeyElements || values != (long)slots * ValueElements)
        {
            throw new ShapeMismatchException(
                "key-value store", $"{slots} slots of {KeyElements} and {ValueElements} elements", $"{keys} and {values} elements");
        }
    }

    private void Read(int head, int slot, float* key, float* value)
    {
        float* lane = Lane(head, slot);
        for (int d = 0; d < KeySize; d++)
        {
            key[d] = lane[d * Lanes];
        }

        float* panel = Panel(head, slot);
        long stride = PanelStride(slot / PageSlots);
        for (int d = 0; d < ValueSize; d += Lanes, panel += stride)
        {
            int lanes = Math.Min(Lanes, ValueSize - d);
            new ReadOnlySpan<float>(panel, lanes).CopyTo(new Span<float>(value + d, lanes));
        }
    }

    private float* Lane(int head, int slot) =>
        Keys(slot / PageSlots, head) + ((long)(slot % PageSlots / Lanes) * Lanes * KeySize) + (slot % Lanes);

    private float* Panel(int head, int slot) => Values(slot / PageSlots, head) + ((long)(slot % PageSlots) * Lanes);
}
