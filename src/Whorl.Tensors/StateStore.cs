namespace Whorl.Tensors;

/// <summary>The recurrent state of one session in one layer: a committed one, and a snapshot for each scratch token.</summary>
/// <remarks>Memory is taken when it is first used.</remarks>
/// <param name="size">Elements of one state.</param>
public abstract class StateStore(int size) : IDisposable
{
    private int _reserved;

    /// <summary>Elements of one state.</summary>
    public int Size { get; } = size >= 0 ? size : throw new ArgumentOutOfRangeException(nameof(size), size, "must not be negative");

    /// <summary>Bytes of memory that it takes, the snapshots for which room is reserved among them.</summary>
    public long Bytes => 4L * Size * (1L + Snapshots);

    /// <summary>Snapshots for which room is reserved, or taken.</summary>
    protected int Snapshots => _reserved;

    /// <summary>Says how many snapshots there may be, so that <see cref="Bytes"/> is known before they are taken.</summary>
    public void ReserveScratch(int count) => _reserved = Math.Max(_reserved, count);

    /// <summary>Makes room for so many snapshots, keeping those there are.</summary>
    public abstract void EnsureScratch(int count);

    /// <summary>Makes a scratch token's state the committed one.</summary>
    /// <param name="index">The scratch token's number, below what <see cref="EnsureScratch"/> was last given.</param>
    public abstract void Commit(int index);

    /// <summary>Copies another store's committed state.</summary>
    /// <exception cref="ArgumentException">The states are of unlike size, or of another backend.</exception>
    public abstract void CopyFrom(StateStore other);

    /// <summary>Writes the committed state out, in the order of the operation that keeps it.</summary>
    /// <param name="state">Receives <c>[Size]</c>.</param>
    public abstract void Export(Span<float> state);

    /// <summary>Takes what <see cref="Export"/> wrote.</summary>
    /// <param name="state"><c>[Size]</c>.</param>
    public abstract void Import(ReadOnlySpan<float> state);

    /// <summary>Makes the committed state zeros: as before the first token.</summary>
    public abstract void Clear();

    /// <inheritdoc/>
    public abstract void Dispose();
}
