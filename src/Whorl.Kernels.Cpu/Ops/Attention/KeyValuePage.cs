using Whorl.Kernels.Cpu.Memory;
using Whorl.Tensors;

namespace Whorl.Kernels.Cpu.Ops;

/// <summary>The keys and values of up to 256 slots in one layer, which several sessions may share while none writes to it.</summary>
/// <remarks>
/// Keys: <c>[head][tile][KeySize][16]</c>, a tile being 16 slots and a lane a slot, so that 16 scores are formed side by side, each
/// walking its own key in order. Values: <c>[head][panel][slot][16]</c>, a panel being 16 dimensions and a lane a dimension, so that the
/// weighted sum of 16 dimensions walks memory in a line; the lanes past the size stay 0.
/// </remarks>
internal sealed unsafe class KeyValuePage : SharedPage
{
    private readonly PagePool _pool;
    private readonly NativeBuffer _buffer;
    private int _holders = 1;

    /// <param name="pool">Where the memory is from, and goes.</param>
    /// <param name="shape">What it is for.</param>
    /// <param name="bytes">Size, keys and values together.</param>
    public KeyValuePage(PagePool pool, PageShape shape, long bytes)
    {
        (_pool, Shape, _buffer) = (pool, shape, pool.Take(shape, bytes));
        Start = (float*)_buffer.Pointer;
    }

    /// <summary>The keys, and behind them the values.</summary>
    public float* Start { get; }

    /// <summary>What it is for.</summary>
    public PageShape Shape { get; }

    /// <inheritdoc/>
    public override long Bytes => _buffer.Bytes;

    /// <summary>Whether more than one store holds it: nobody may write to it then.</summary>
    public bool IsShared => Volatile.Read(ref _holders) > 1;

    /// <summary>A further store holds it.</summary>
    public KeyValuePage Share()
    {
        Interlocked.Increment(ref _holders);
        return this;
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        if (Interlocked.Decrement(ref _holders) == 0)
        {
            _pool.Give(Shape, _buffer);
        }
    }
}
