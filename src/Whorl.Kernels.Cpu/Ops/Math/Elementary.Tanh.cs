using System.Runtime.CompilerServices;
using Whorl.Kernels.Cpu.Lanes;

namespace Whorl.Kernels.Cpu.Ops;

internal static partial class Elementary
{
    /// <summary>tanh x, within 1.5 ulp.</summary>
    /// <remarks>
    /// x + x³·P(x²) where |x| ≤ 0.625; else 1 - 2 / (e^2|x| + 1) with x's sign. ±1 from about ±9 on; -0 stays -0; NaN stays NaN.
    /// </remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Tanh<T>(T x)
        where T : unmanaged, ILanes<T>
    {
        T magnitude = T.Abs(x);
        T one = T.Broadcast(1f);
        T large = one - (T.Broadcast(2f) / (Exp(magnitude + magnitude) + one));

        T square = magnitude * magnitude;
        T p = T.Broadcast(-0.00569937471f);
        p = T.FusedMultiplyAdd(p, square, T.Broadcast(0.0206334982f));
        p = T.FusedMultiplyAdd(p, square, T.Broadcast(-0.053737767f));
        p = T.FusedMultiplyAdd(p, square, T.Broadcast(0.133314148f));
        p = T.FusedMultiplyAdd(p, square, T.Broadcast(-0.333332807f));
        T small = T.FusedMultiplyAdd(magnitude * square, p, magnitude);
        return T.CopySign(T.Select(T.Greater(magnitude, T.Broadcast(0.625f)), large, small), x);
    }
}
