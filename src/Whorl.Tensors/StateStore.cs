namespace Whorl.Tensors;

/// <summary>The recurrent state of one session in one layer: a committed one, and a snapshot for each scratch token.</summary>
/// <remarks>Memory is taken when it is first used.</remarks>
public sealed unsafe class StateStore : IDisposable
{
    private NativeBuffer? _committed;
    private NativeBuffer? _scratch;
    private int _snapshots; // reserved, or taken
    private bool _disposed;

    /// <summary>A state of zeros.</summary>
    /// <param name="size">Elements of one state.</param>
    public StateStore(int size)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(size);
        Size = size;
    }

    /// <summary>Elements of one state.</summary>
    public int Size { get; }

    /// <summary>Bytes of memory that it takes, the snapshots for which room is reserved among them.</summary>
    public long Bytes => 4L * Size * (1L + _snapshots);

    /// <summary>The state after the last committed token, <c>[Size]</c>.</summary>
    /// <exception cref="ObjectDisposedException">The store was disposed.</exception>
    public float* Committed
    {
        get
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return (float*)(_committed ??= new NativeBuffer(4L * Size)).Pointer;
        }
    }

    /// <summary>The state after a scratch token, <c>[Size]</c>.</summary>
    /// <param name="index">The scratch token's number, below what <see cref="EnsureScratch"/> was last given.</param>
    public float* Scratch(int index) => (float*)_scratch!.Pointer + ((long)index * Size);

    /// <summary>Says how many snapshots there may be, so that <see cref="Bytes"/> is known before they are taken.</summary>
    public void ReserveScratch(int count) => _snapshots = Math.Max(_snapshots, count);

    /// <summary>Makes room for so many snapshots, keeping those there are.</summary>
    public void EnsureScratch(int count)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        long held = _scratch?.Bytes ?? 0;
        if (held >= 4L * Size * count)
        {
            return;
        }

        _snapshots = Math.Max(_snapshots, count);
        NativeBuffer larger = new(4L * Size * _snapshots);
        if (_scratch is not null)
        {
            Buffer.MemoryCopy(_scratch.Pointer, larger.Pointer, larger.Bytes, held);
            _scratch.Dispose();
        }

        _scratch = larger;
    }

    /// <summary>Makes a scratch token's state the committed one.</summary>
    public void Commit(int index) => Buffer.MemoryCopy(Scratch(index), Committed, 4L * Size, 4L * Size);

    /// <summary>Copies another store's committed state.</summary>
    /// <exception cref="ArgumentException">The states are of unlike size.</exception>
    public void CopyFrom(StateStore other)
    {
        if (other.Size != Size)
        {
            throw new ArgumentException($"a state of {other.Size} elements for one of {Size}", nameof(other));
        }

        Buffer.MemoryCopy(other.Committed, Committed, 4L * Size, 4L * Size);
    }

    /// <summary>Writes the committed state out, in the order of the operation that keeps it.</summary>
    /// <param name="state">Receives <c>[Size]</c>.</param>
    public void Export(Span<float> state) => new ReadOnlySpan<float>(Committed, Size).CopyTo(state);

    /// <summary>Takes what <see cref="Export"/> wrote.</summary>
    /// <param name="state"><c>[Size]</c>.</param>
    public void Import(ReadOnlySpan<float> state) => state.CopyTo(new Span<float>(Committed, Size));

    /// <summary>Makes the committed state zeros: as before the first token.</summary>
    public void Clear() => new Span<float>(Committed, Size).Clear();

    /// <inheritdoc/>
    public void Dispose()
    {
        _disposed = true;
        _committed?.Dispose();
        _scratch?.Dispose();
    }
}
