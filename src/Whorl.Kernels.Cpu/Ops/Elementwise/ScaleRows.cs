using System.Runtime.CompilerServices;
using Whorl.Kernels.Cpu.Lanes;

namespace Whorl.Kernels.Cpu.Ops;

/// <summary><c>y[r, c] = a[r, c] · b[r]</c>; an item is a row.</summary>
/// <param name="a"><c>[rows, columns]</c>.</param>
/// <param name="b">A factor a row, <c>[rows]</c>.</param>
/// <param name="y">The result, <c>[rows, columns]</c>; may be a itself.</param>
/// <param name="columns">Number of columns.</param>
internal readonly unsafe struct ScaleRows(float* a, float* b, float* y, int columns) : IKernel
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Run<T>(int first, int end)
        where T : unmanaged, ILanes<T>
    {
        int width = columns;
        for (int row = first; row < end; row++)
        {
            float* from = a + ((long)row * width), to = y + ((long)row * width);
            T factor = T.Broadcast(b[row]);
            int i = 0;
            for (; i <= width - ILanes<T>.Count; i += ILanes<T>.Count)
            {
                (T.Load(from + i) * factor).Store(to + i);
            }

            if (i < width)
            {
                (Partial.Load<T>(from + i, width - i) * factor).StoreFirst(to + i, width - i);
            }
        }
    }
}
