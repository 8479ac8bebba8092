using System.Runtime.CompilerServices;
using Whorl.Kernels.Cpu.Lanes;

namespace Whorl.Kernels.Cpu.Ops;

/// <summary>Softmax of rows; an item is a row.</summary>
/// <remarks>
/// y = e / Σe with e = exp(x - max x). The maximum does not depend on an order; Σe: lane i mod 16 takes element i, in order of i, then
/// the lanes' tree. A NaN in a row makes the whole row NaN, as do a greatest element of ∞ and a row of -∞ alone.
/// </remarks>
/// <param name="x"><c>[rows, columns]</c>, at least one column.</param>
/// <param name="y">The result, <c>[rows, columns]</c>; may be x itself.</param>
/// <param name="columns">Number of columns.</param>
internal readonly unsafe struct SoftmaxKernel(float* x, float* y, int columns) : IKernel
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Run<T>(int first, int end)
        where T : unmanaged, ILanes<T>
    {
        int width = columns, whole = width & -ILanes<T>.Count, rest = width - whole;
        T inside = Partial.Mask<T>(0, rest);
        for (int row = first; row < end; row++)
        {
            float* from = x + ((long)row * width), to = y + ((long)row * width);
            T greatest = T.Broadcast(float.NegativeInfinity);
            for (int i = 0; i < whole; i += ILanes<T>.Count)
            {
                T element = T.Load(from + i);
                greatest = T.Select(T.Greater(element, greatest), element, greatest);
            }

            if (rest > 0)
            {
                T element = T.Select(inside, Partial.Load<T>(from + whole, rest), greatest);
                greatest = T.Select(T.Greater(element, greatest), element, greatest);
            }

            T max = T.Broadcast(T.Max(greatest)), sum = T.Broadcast(0f);
            for (int i = 0; i < whole; i += ILanes<T>.Count)
            {
                T e = Elementary.Exp(T.Load(from + i) - max);
                e.Store(to + i);
                sum += e;
            }

            if (rest > 0)
            {
                T e = T.Select(inside, Elementary.Exp(Partial.Load<T>(from + whole, rest) - max), T.Broadcast(0f));
                e.StoreFirst(to + whole, rest);
                sum += e;
            }

            T total = T.Broadcast(T.Sum(sum));
            for (int i = 0; i < whole; i += ILanes<T>.Count)
            {
                (T.Load(to + i) / total).Store(to + i);
            }

            if (rest > 0)
            {
                (Partial.Load<T>(to + whole, rest) / total).StoreFirst(to + whole, rest);
            }
        }
    }
}
