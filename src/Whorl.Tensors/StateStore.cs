namespace Whorl.Tensors;

/// <summary>The recurrent state of one session in one layer: a committed one, and a snapshot for each scratch token.</summary>
public sealed unsafe class StateStore : IDisposable
{
    private readonly NativeBuffer _committed;
    private NativeBuffer _scratch = new(0);

    /// <summary>A state of zeros.</summary>
    /// <param name="size">Elements of one state.</param>
    public StateStore(int size)
    {
        Size = size;
        _committed = new NativeBuffer(4L * size);
    }

    /// <summary>Elements of one state.</summary>
    public int Size { get; }

    /// <summary>Bytes of memory it takes.</summary>
    public long Bytes => _committed.Bytes + _scratch.Bytes;

    /// <summary>The state after the last committed token, <c>[Size]</c>.</summary>
    public float* Committed => (float*)_committed.Pointer;

    /// <summary>The state after a scratch token, <c>[Size]</c>.</summary>
    /// <param name="index">The scratch token's number, below what <see cref="EnsureScratch"/> was last given.</param>
    public float* Scratch(int index) => (float*)_scratch.Pointer + ((long)index * Size);

    /// <summary>Makes room for so many snapshots, keeping those there are.</summary>
    public void EnsureScratch(int count)
    {
        long bytes = 4L * Size * count;
        if (_scratch.Bytes < bytes)
        {
            NativeBuffer larger = new(Math.Max(bytes, 2 * _scratch.Bytes));
            Buffer.MemoryCopy(_scratch.Pointer, larger.Pointer, larger.Bytes, _scratch.Bytes);
            _scratch.Dispose();
            _scratch = larger;
        }
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

    /// <summary>Makes the committed state zeros: as before the first token.</summary>
    public void Clear() => new Span<float>(Committed, Size).Clear();

    /// <inheritdoc/>
    public void Dispose()
    {
        _committed.Dispose();
        _scratch.Dispose();
    }
}
