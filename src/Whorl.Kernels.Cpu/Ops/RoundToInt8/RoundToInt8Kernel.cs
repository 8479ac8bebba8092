using System.Runtime.CompilerServices;
using Whorl.Kernels.Cpu.Lanes;

namespace Whorl.Kernels.Cpu.Ops;

/// <summary>Rows rounded to 8 bits, each by its own scale, and back; an item is a row.</summary>
/// <remarks>
/// y = round(x · s) / s with s = 127 / max(max |x|, 10⁻⁵), every operation rounded to float32, halves to even, a zero positive. |x · s|
/// stays below 127.5, so that nothing needs to be limited. The maximum does not depend on an order. A NaN stays one; a row with an
/// infinity becomes NaN. Source: Ma et al., arXiv:2402.17764.
/// </remarks>
/// <param name="x"><c>[rows, columns]</c>.</param>
/// <param name="y">The result, <c>[rows, columns]</c>; may be x itself.</param>
/// <param name="columns">Number of columns.</param>
internal readonly unsafe struct RoundToInt8Kernel(float* x, float* y, int columns) : IKernel
{
    private const float Largest = 127f;
    private const float SmallestMaximum = 1e-5f;

    // Added and taken off again, 1.5 · 2²³ leaves a small number rounded to a whole one, halves to even.
    private const float Rounder = 12_582_912f;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Run<T>(int first, int end)
        where T : unmanaged, ILanes<T>
    {
        int whole = columns & -ILanes<T>.Count, rest = columns - whole;
        T rounder = T.Broadcast(Rounder);
        for (int row = first; row < end; row++)
        {
            float* from = x + ((long)row * columns), to = y + ((long)row * columns);
            T greatest = T.Broadcast(SmallestMaximum);
            for (int i = 0; i < whole; i += ILanes<T>.Count)
            {
                greatest = Greater(T.Abs(T.Load(from + i)), greatest);
            }

            if (rest > 0)
            {
                greatest = Greater(T.Abs(Partial.Load<T>(from + whole, rest)), greatest);
            }

            T scale = T.Broadcast(Largest / T.Max(greatest));
            for (int i = 0; i < whole; i += ILanes<T>.Count)
            {
                (((T.Load(from + i) * scale) + rounder - rounder) / scale).Store(to + i);
            }

            if (rest > 0)
            {
                (((Partial.Load<T>(from + whole, rest) * scale) + rounder - rounder) / scale).StoreFirst(to + whole, rest);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T Greater<T>(T a, T b)
        where T : unmanaged, ILanes<T> =>
        T.Select(T.Greater(a, b), a, b);
}
