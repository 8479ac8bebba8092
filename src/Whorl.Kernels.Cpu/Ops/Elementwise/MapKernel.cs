using System.Runtime.CompilerServices;
using Whorl.Kernels.Cpu.Lanes;

namespace Whorl.Kernels.Cpu.Ops;

/// <summary>y = f(x), element by element; an item is a block of <see cref="Block"/> elements.</summary>
/// <remarks>Each element is computed by itself, so its place in a vector, the length and the alignment do not touch its bits.</remarks>
/// <param name="function">f.</param>
/// <param name="x">The argument, <c>[count]</c>.</param>
/// <param name="y">The result, <c>[count]</c>; may be x itself, must not overlap it otherwise.</param>
/// <param name="count">Number of elements.</param>
internal readonly unsafe struct MapKernel<TFunction>(TFunction function, float* x, float* y, long count) : IKernel
    where TFunction : struct, IUnaryFunction
{
    /// <summary>Elements of an item.</summary>
    public const int Block = 1024;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Run<T>(int first, int end)
        where T : unmanaged, ILanes<T>
    {
        TFunction f = function;
        float* from = x, to = y;
        long i = (long)first * Block, stop = Math.Min((long)end * Block, count);
        for (; i <= stop - ILanes<T>.Count; i += ILanes<T>.Count)
        {
            f.Of(T.Load(from + i)).Store(to + i);
        }

        if (i < stop)
        {
            int rest = (int)(stop - i);
            f.Of(Partial.Load<T>(from + i, rest)).StoreFirst(to + i, rest);
        }
    }
}
