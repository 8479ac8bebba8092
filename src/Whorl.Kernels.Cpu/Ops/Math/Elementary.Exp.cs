using System.Runtime.CompilerServices;
using Whorl.Kernels.Cpu.Lanes;

namespace Whorl.Kernels.Cpu.Ops;

/// <summary>Elementary functions in float32, our own, so that every platform gives the same bits.</summary>
/// <remarks>
/// Polynomials are minimax fits of this project (Lawson's iteration over 160 Chebyshev points in 40 digits, coefficients rounded to
/// float32 one after another and the rest fitted again). One ulp is the distance of the float32s around the exact value; the bounds are
/// what the tests assert.
/// </remarks>
internal static partial class Elementary
{
    /// <summary>eˣ, within 1.02 ulp.</summary>
    /// <remarks>
    /// x = n·ln 2 + r, |r| ≤ ln 2 / 2; eˣ = 2ⁿ · (1 + r + r²·P(r)). Infinity from 88.72284 up, subnormal from -87.33655 down, rounded once,
    /// 0 from -103.9721 down. NaN stays NaN.
    /// </remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Exp<T>(T x)
        where T : unmanaged, ILanes<T>
    {
        // Beyond these the result is 0 or infinity anyway, and n fits the exponents.
        T low = T.Broadcast(-104f), high = T.Broadcast(89f);
        x = T.Select(T.Greater(low, x), low, x);
        x = T.Select(T.Greater(x, high), high, x);

        // Adding 1.5·2²³ leaves no bits for a fraction: the sum's low bits are the whole number nearest to x / ln 2.
        T shift = T.Broadcast(12582912f);
        T shifted = T.FusedMultiplyAdd(x, T.Broadcast(1.44269504f), shift);
        T n = shifted - shift;
        T r = T.FusedMultiplyAdd(n, T.Broadcast(-0.693147182f), x);
        r = T.FusedMultiplyAdd(n, T.Broadcast(1.90465430e-9f), r);

        T p = T.Broadcast(0.00138238899f);
        p = T.FusedMultiplyAdd(p, r, T.Broadcast(0.00836882368f));
        p = T.FusedMultiplyAdd(p, r, T.Broadcast(0.0416682325f));
        p = T.FusedMultiplyAdd(p, r, T.Broadcast(0.166665196f));
        p = T.FusedMultiplyAdd(p, r, T.Broadcast(0.49999994f));
        p = T.FusedMultiplyAdd(p, r * r, r);
        return T.MultiplyByPowerOfTwo(p + T.Broadcast(1f), shifted);
    }
}
