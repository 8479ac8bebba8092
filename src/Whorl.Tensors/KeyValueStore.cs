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

    /// <inheritdoc/>
    public abstract void Dispose();
}
