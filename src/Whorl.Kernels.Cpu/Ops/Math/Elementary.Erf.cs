using System.Runtime.CompilerServices;
using Whorl.Kernels.Cpu.Lanes;

namespace Whorl.Kernels.Cpu.Ops;

internal static partial class Elementary
{
    /// <summary>erf x, within 2 ulp.</summary>
    /// <remarks>
    /// x + x·P(x²) where |x| ≤ 0.925; else 1 - e^Q(|x|) with x's sign, Q a fit of ln erfc. ±1 from about ±3.92 on; -0 stays -0; NaN stays
    /// NaN.
    /// </remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Erf<T>(T x)
        where T : unmanaged, ILanes<T>
    {
        T magnitude = T.Abs(x);

        // erf 4 is 1 in float32; Q is not fitted beyond.
        T four = T.Broadcast(4f);
        T t = T.Select(T.Greater(magnitude, four), four, magnitude);
        T q = T.Broadcast(0.000195951099f);
        q = T.FusedMultiplyAdd(q, t, T.Broadcast(-0.00304332632f));
        q = T.FusedMultiplyAdd(q, t, T.Broadcast(0.0222272705f));
        q = T.FusedMultiplyAdd(q, t, T.Broadcast(-0.103932187f));
        q = T.FusedMultiplyAdd(q, t, T.Broadcast(-0.637181699f));
        q = T.FusedMultiplyAdd(q, t, T.Broadcast(-1.12767589f));
        q = T.FusedMultiplyAdd(q, t, T.Broadcast(-0.000195624074f));
        T large = T.Broadcast(1f) - Exp(q);

        T square = magnitude * magnitude;
        T p = T.Broadcast(-0.000595958962f);
        p = T.FusedMultiplyAdd(p, square, T.Broadcast(0.00498735299f));
        p = T.FusedMultiplyAdd(p, square, T.Broadcast(-0.0267629661f));
        p = T.FusedMultiplyAdd(p, square, T.Broadcast(0.11281731f));
        p = T.FusedMultiplyAdd(p, square, T.Broadcast(-0.376124889f));
        p = T.FusedMultiplyAdd(p, square, T.Broadcast(0.128379151f));
        T small = T.FusedMultiplyAdd(p, magnitude, magnitude);
        return T.CopySign(T.Select(T.Greater(magnitude, T.Broadcast(0.925f)), large, small), x);
    }
}
