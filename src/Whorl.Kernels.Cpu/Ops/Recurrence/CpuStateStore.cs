using Whorl.Tensors;

namespace Whorl.Kernels.Cpu.Ops;

/// <summary>States in the process's memory, one after another.</summary>
/// <param name="size">Elements of one state.</param>
internal sealed unsafe class CpuStateStore(int size) : StateStore(size)
{
    private NativeBuffer? _committed;
    private NativeBuffer? _scratch;
    private bool _disposed;

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

    public override void EnsureScratch(int count)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        long held = _scratch?.Bytes ?? 0;
        if (held >= 4L * Size * count)
        {
            return;
        }

        ReserveScratch(count);
        NativeBuffer larger = new(4L * Size * Snapshots);
        if (_scratch is not null)
        {
            Buffer.MemoryCopy(_scratch.Pointer, larger.Pointer, larger.Bytes, held);
            _scratch.Dispose();
        }

        _scratch = larger;
    }

    public override void Commit(int index) => Buffer.MemoryCopy(Scratch(index), Committed, 4L * Size, 4L * Size);

    public override void CopyFrom(StateStore other)
    {
        if (other is not CpuStateStore store || other.Size != Size)
        {
            throw new ArgumentException($"a state of {other.Size} elements, or of another backend, for one of {Size}", nameof(other));
        }

        Buffer.MemoryCopy(store.Committed, Committed, 4L * Size, 4L * Size);
    }

    public override void Export(Span<float> state) => new ReadOnlySpan<float>(Committed, Size).CopyTo(state);

    public override void Import(ReadOnlySpan<float> state) => state.CopyTo(new Span<float>(Committed, Size));

    public override void Clear() => new Span<float>(Committed, Size).Clear();

    public override void Dispose()
    {
        _disposed = true;
        _committed?.Dispose();
        _scratch?.Dispose();
    }
}
