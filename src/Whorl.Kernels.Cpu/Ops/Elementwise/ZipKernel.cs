using System.Runtime.CompilerServices;
using Whorl.Kernels.Cpu.Lanes;

namespace Whorl.Kernels.Cpu.Ops;

/// <summary>y = f(a, b), element by element, row by row; an item is a row.</summary>
/// <remarks>As <see cref="MapKernel{TFunction}"/>. With a stride of 0 every row meets the same row of b.</remarks>
/// <param name="function">f.</param>
/// <param name="a">First argument, <c>[rows, columns]</c>.</param>
/// <param name="b">Second argument, <c>[rows, columns]</c> or <c>[1, columns]</c>.</param>
/// <param name="stride">Elements from one row of b to the next.</param>
/// <param name="y">The result, <c>[rows, columns]</c>; may be a or b itself, must not overlap them otherwise.</param>
/// <param name="columns">Number of columns.</param>
internal readonly unsafe struct ZipKernel<TFunction>(TFunction function, float* a, float* b, int stride, float* y, int columns) : IKernel
    where TFunction : struct, IBinaryFunction
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Run<T>(int first, int end)
        where T : unmanaged, ILanes<T>
    {
        TFunction f = function;
        int width = columns;
        for (int row = first; row < end; row++)
        {
            float* left = a + ((long)row * width), right = b + ((long)row * stride), to = y + ((long)row * width);
            int i = 0;
            for (; i <= width - ILanes<T>.Count; i += ILanes<T>.Count)
            {
                f.Of(T.Load(left + i), T.Load(right + i)).Store(to + i);
            }

            if (i < width)
            {
                int rest = width - i;
                f.Of(Partial.Load<T>(left + i, rest), Partial.Load<T>(right + i, rest)).StoreFirst(to + i, rest);
            }
        }
    }
}
