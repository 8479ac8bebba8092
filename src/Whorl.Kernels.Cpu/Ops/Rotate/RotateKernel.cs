using System.Runtime.CompilerServices;
using Whorl.Kernels.Cpu.Lanes;

namespace Whorl.Kernels.Cpu.Ops;

/// <summary>Rotary position embedding; an item is a row.</summary>
/// <remarks>
/// <para>For pair i of each head, with h pairs: <c>y[i] = fma(x[i], cos, -(x[i + h] · sin))</c>, <c>y[i + h] = fma(x[i + h], cos, x[i] ·
/// sin)</c>.</para>
/// <para>Source: Su et al., arXiv:2104.09864, equation 34, paired in halves.</para>
/// </remarks>
/// <param name="x"><c>[rows, heads · headSize]</c>.</param>
/// <param name="y">The result, shaped as x; may be x itself.</param>
/// <param name="heads">Heads of a row.</param>
/// <param name="headSize">Width of a head.</param>
/// <param name="pairs">h: half the dimensions that turn; those after them are copied.</param>
/// <param name="angles">For each row its cosines, <c>[h]</c>, and right after them the sines; see <see cref="RotationCache"/>.</param>
internal readonly unsafe struct RotateKernel(float* x, float* y, int heads, int headSize, int pairs, float** angles) : IKernel
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Run<T>(int first, int end)
        where T : unmanaged, ILanes<T>
    {
        for (int row = first; row < end; row++)
        {
            float* cosines = angles[row];
            for (int head = 0; head < heads; head++)
            {
                long at = ((long)row * heads * headSize) + ((long)head * headSize);
                Head<T>(x + at, y + at, cosines, pairs);
                int rest = headSize - (2 * pairs);
                if (rest > 0 && x != y)
                {
                    Unsafe.CopyBlockUnaligned(y + at + (2 * pairs), x + at + (2 * pairs), 4 * (uint)rest);
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Head<T>(float* x, float* y, float* cosines, int pairs)
        where T : unmanaged, ILanes<T>
    {
        float* sines = cosines + pairs;
        int i = 0;
        for (; i <= pairs - ILanes<T>.Count; i += ILanes<T>.Count)
        {
            T a = T.Load(x + i), b = T.Load(x + pairs + i), cosine = T.Load(cosines + i), sine = T.Load(sines + i);
            T.FusedMultiplyAdd(a, cosine, -(b * sine)).Store(y + i);
            T.FusedMultiplyAdd(b, cosine, a * sine).Store(y + pairs + i);
        }

        if (i < pairs)
        {
            int rest = pairs - i;
            T a = Partial.Load<T>(x + i, rest), b = Partial.Load<T>(x + pairs + i, rest);
            T cosine = Partial.Load<T>(cosines + i, rest), sine = Partial.Load<T>(sines + i, rest);
            T.FusedMultiplyAdd(a, cosine, -(b * sine)).StoreFirst(y + i, rest);
            T.FusedMultiplyAdd(b, cosine, a * sine).StoreFirst(y + pairs + i, rest);
        }
    }
}
