using System.Runtime.CompilerServices;
using Whorl.Kernels.Cpu.Lanes;

namespace Whorl.Kernels.Cpu.Ops;

/// <summary>Layer norm of groups of columns; an item is a group.</summary>
/// <remarks>
/// <para>y = fma((x - m) · s, w, b) with m = Σx/n, s = 1 / √(Σ(x - m)²/n + ε), every operation rounded to float32; without w or b their
/// part is left out.</para>
/// <para>Both sums: lane i mod 16 takes element i, in order of i, the squares by one fused multiply-add; then the lanes' tree.</para>
/// <para>Source: Ba, Kiros and Hinton, arXiv:1607.06450, equation 4.</para>
/// </remarks>
/// <param name="x"><c>[groups, size]</c>.</param>
/// <param name="weight">w, <c>[weights]</c>; null for none.</param>
/// <param name="bias">b, <c>[weights]</c>; null for none.</param>
/// <param name="weights">Elements of w and b, a multiple of size; groups take them in turns.</param>
/// <param name="epsilon">ε.</param>
/// <param name="y">The result, <c>[groups, size]</c>; may be x itself.</param>
/// <param name="size">n: elements of a group.</param>
internal readonly unsafe struct LayerNormKernel(
    float* x, float* weight, float* bias, int weights, float epsilon, float* y, int size) : IKernel
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Run<T>(int first, int end)
        where T : unmanaged, ILanes<T>
    {
        int parts = Math.Max(1, weights / size);
        for (int group = first; group < end; group++)
        {
            float* from = x + ((long)group * size);
            long part = (long)(group % parts) * size;
            float mean = Sum<T>(from, size) / size;
            float scale = 1f / MathF.Sqrt((SumOfSquares<T>(from, mean, size) / size) + epsilon);
            float* w = weight is null ? null : weight + part, b = bias is null ? null : bias + part;
            Apply<T>(from, w, b, mean, scale, y + ((long)group * size), size);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Sum<T>(float* x, int size)
        where T : unmanaged, ILanes<T>
    {
        T sum = T.Broadcast(0f);
        int i = 0;
        for (; i <= size - ILanes<T>.Count; i += ILanes<T>.Count)
        {
            sum += T.Load(x + i);
        }

        return T.Sum(i < size ? sum + Partial.Load<T>(x + i, size - i) : sum);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float SumOfSquares<T>(float* x, float mean, int size)
        where T : unmanaged, ILanes<T>
    {
        T means = T.Broadcast(mean), sum = T.Broadcast(0f);
        int i = 0;
        for (; i <= size - ILanes<T>.Count; i += ILanes<T>.Count)
        {
            T distance = T.Load(x + i) - means;
            sum = T.FusedMultiplyAdd(distance, distance, sum);
        }

        if (i < size)
        {
            T distance = Partial.Load<T>(x + i, size - i) - means;
            T inside = T.Select(Partial.Mask<T>(0, size - i), distance, T.Broadcast(0f));
            sum = T.FusedMultiplyAdd(inside, inside, sum);
        }

        return T.Sum(sum);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Apply<T>(float* x, float* weight, float* bias, float mean, float scale, float* y, int size)
        where T : unmanaged, ILanes<T>
    {
        T means = T.Broadcast(mean), scales = T.Broadcast(scale);
        int i = 0;
        for (; i <= size - ILanes<T>.Count; i += ILanes<T>.Count)
        {
            T normal = (T.Load(x + i) - means) * scales;
            T w = weight is null ? default : T.Load(weight + i), b = bias is null ? default : T.Load(bias + i);
            Affine(normal, w, b, weight, bias).Store(y + i);
        }

        if (i < size)
        {
            int rest = size - i;
            T normal = (Partial.Load<T>(x + i, rest) - means) * scales;
            T w = weight is null ? default : Partial.Load<T>(weight + i, rest);
            T b = bias is null ? default : Partial.Load<T>(bias + i, rest);
            Affine(normal, w, b, weight, bias).StoreFirst(y + i, rest);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T Affine<T>(T normal, T w, T b, float* weight, float* bias)
        where T : unmanaged, ILanes<T> =>
        (weight is null, bias is null) switch
        {
            (true, true) => normal,
            (true, false) => normal + b,
            (false, true) => normal * w,
            (false, false) => T.FusedMultiplyAdd(normal, w, b),
        };
}
