using System.Runtime.CompilerServices;
using Whorl.Kernels.Cpu.Ops;
using Whorl.Tensors;

namespace Whorl.Kernels.Cpu;

/// <content>Rotary position embedding.</content>
public sealed unsafe partial class CpuBackend
{
    private readonly ConditionalWeakTable<RopeTable, RotationCache> _rotations = [];

    /// <inheritdoc/>
    public Tensor Rotate(Tensor x, int headSize, RopeTable table, ReadOnlySpan<int> positions)
    {
        ArgumentNullException.ThrowIfNull(table);
        ArgumentOutOfRangeException.ThrowIfLessThan(headSize, 1);
        if (positions.Length != x.Rows || x.Columns % headSize != 0)
        {
            throw new ShapeMismatchException("rotate", $"[{positions.Length}, heads · {headSize}]", $"[{x.Rows}, {x.Columns}]");
        }

        if (table.RotaryDimensions > headSize)
        {
            throw new ShapeMismatchException("rotate", $"at most {headSize} rotary dimensions", $"{table.RotaryDimensions}");
        }

        if (!_rotations.TryGetValue(table, out RotationCache? cache))
        {
            cache = new RotationCache(table);
            _rotations.Add(table, cache);
        }

        cache.Ensure(positions);
        Tensor y = Rent(x.Rows, x.Columns);
        fixed (int* at = positions)
        {
            Share(new Ops.Rotate(x.Data, y.Data, x.Columns / headSize, headSize, table.RotaryDimensions / 2, cache, at), x.Rows, x.Length);
        }

        return y;
    }

    private void DisposeRotations()
    {
        foreach ((RopeTable _, RotationCache cache) in _rotations)
        {
            cache.Dispose();
        }

        _rotations.Clear();
    }
}
