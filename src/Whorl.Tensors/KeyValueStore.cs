namespace Whorl.Tensors;

/// <summary>Keys and values of one session in one attention layer, a slot a token, in the backend's own layout.</summary>
/// <remarks>
/// Slots 0..committed-1 hold committed tokens, slot = position; scratch tokens follow in the order in which they came. Memory is taken in
/// pages of
/// <see cref="PageSlots"/> slots, as slots are first written.
/// </remarks>
public abstract class KeyValueStore : IDisposable
{
    /// <summary>Slots of a page.</summary>
    public const int PageSlots = 256;

    /// <summary>Number of slots.</summary>
    public abstract int Capacity { get; }

    /// <summary>How keys and values are kept.</summary>
    public abstract KeyValueFormat Format { get; }

    /// <summary>Elements of a token's keys, all heads.</summary>
    public abstract int KeyElements { get; }

    /// <summary>Elements of a token's values, all heads.</summary>
    public abstract int ValueElements { get; }

    /// <summary>Bytes of memory that it takes once all slots are used.</summary>
    public long Bytes => BytesFor(Capacity);

    /// <summary>Bytes of memory it takes now.</summary>
    public abstract long BytesTaken { get; }

    /// <summary>Bytes of memory that it takes once so many slots are used.</summary>
    /// <param name="slots">0 to <see cref="Capacity"/>.</param>
    public abstract long BytesFor(int slots);

    /// <summary>Copies a slot onto another; used when scratch tokens are committed.</summary>
    public abstract void Move(int from, int to);

    /// <summary>
    /// Makes the first slots equal those of another store of the same backend and shape; capacities may differ. Whole pages are shared
    /// until one of the two writes to them.
    /// </summary>
    /// <param name="other">The store to copy from.</param>
    /// <param name="slots">How many; at most either's capacity.</param>
    /// <exception cref="ArgumentException">The other store is of another kind or shape.</exception>
    public abstract void CopyFrom(KeyValueStore other, int slots);

    /// <summary>Takes a hold on a page, all of whose slots have been written.</summary>
    /// <param name="page">Its number: it has the slots from <c>page · 256</c> on.</param>
    /// <exception cref="InvalidOperationException">The page is not whole, or has never been written.</exception>
    public abstract SharedPage Share(int page);

    /// <summary>Puts a page that a store of the same backend and shape has shared in the place of this store's own.</summary>
    /// <param name="page">Its number; that in the other store may be another.</param>
    /// <param name="shared">The page; the caller keeps its hold.</param>
    /// <exception cref="ArgumentException">The page is of another kind or shape, or does not fit.</exception>
    public abstract void Adopt(int page, SharedPage shared);

    /// <summary>Writes slots out in an order that no backend owns.</summary>
    /// <param name="firstSlot">The first slot.</param>
    /// <param name="slots">How many; all of them written.</param>
    /// <param name="keys">Receives <c>[slots, heads, key size]</c>.</param>
    /// <param name="values">Receives <c>[slots, heads, value size]</c>.</param>
    public abstract void Export(int firstSlot, int slots, Span<float> keys, Span<float> values);

    /// <summary>Fills slots with what <see cref="Export"/> wrote, on whatever backend.</summary>
    /// <inheritdoc cref="Export"/>
    public abstract void Import(int firstSlot, int slots, ReadOnlySpan<float> keys, ReadOnlySpan<float> values);

    /// <inheritdoc/>
    public abstract void Dispose();
}
