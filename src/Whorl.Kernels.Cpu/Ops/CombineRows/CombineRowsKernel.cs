using System.Runtime.CompilerServices;
using Whorl.Kernels.Cpu.Lanes;

namespace Whorl.Kernels.Cpu.Ops;

/// <summary><c>y[r] = Σ_j weights[r, j] · x[r·n + j]</c>; an item is a row of y.</summary>
/// <remarks>Each element: from +0, one fused multiply-add a term, in order of j.</remarks>
/// <param name="x"><c>[rows · n, columns]</c>.</param>
/// <param name="weights"><c>[rows, n]</c>.</param>
/// <param name="n">Rows that are summed into one.</param>
/// <param name="y">The result, <c>[rows, columns]</c>; must not overlap x.</param>
/// <param name="columns">Number of columns.</param>
internal readonly unsafe struct CombineRowsKernel(float* x, float* weights, int n, float* y, int columns) : IKernel
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Run<T>(int first, int end)
        where T : unmanaged, ILanes<T>
    {
        int width = columns, terms = n;
        for (int row = first; row < end; row++)
        {
            float* from = x + ((long)row * terms * width), to = y + ((long)row * width), factors = weights + ((long)row * terms);
            for (int i = 0; i < width; i += ILanes<T>.Count)
            {
                int rest = Math.Min(ILanes<T>.Count, width - i);
                T sum = T.Broadcast(0f);
                for (int j = 0; j < terms; j++)
                {
                    float* source = from + ((long)j * width) + i;
                    T element = rest == ILanes<T>.Count ? T.Load(source) : Partial.Load<T>(source, rest);
                    sum = T.FusedMultiplyAdd(T.Broadcast(factors[j]), element, sum);
                }

                if (rest == ILanes<T>.Count)
                {
                    sum.Store(to + i);
                }
                else
                {
                    sum.StoreFirst(to + i, rest);
                }
            }
        }
    }
}
