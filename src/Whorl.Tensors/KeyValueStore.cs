namespace Whorl.Tensors;

/// <summary>Keys and values of one session in one attention layer, a slot a token, in the backend's own layout.</summary>
/// <remarks>Slots 0..committed-1 hold committed tokens, slot = position; scratch tokens follow in the order in which they came.</remarks>
public abstract class KeyValueStore : IDisposable
{
    /// <summary>Number of slots.</summary>
    public abstract int Capacity { get; }

    /// <summary>Bytes of memory it takes.</summary>
    public abstract long Bytes { get; }

    /// <summary>Copies a slot onto another; used when scratch tokens are committed.</summary>
    public abstract void Move(int from, int to);

    /// <summary>Copies the first slots of another store of the same backend and shape; capacities may differ.</summary>
    /// <param name="other">The store to copy from.</param>
    /// <param name="slots">How many; at most either's capacity.</param>
    /// <exception cref="ArgumentException">The other store is of another kind or shape.</exception>
    public abstract void CopyFrom(KeyValueStore other, int slots);

    /// <inheritdoc/>
    public abstract void Dispose();
}
