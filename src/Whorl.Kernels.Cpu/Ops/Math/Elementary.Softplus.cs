using System.Runtime.CompilerServices;
using Whorl.Kernels.Cpu.Lanes;

namespace Whorl.Kernels.Cpu.Ops;

internal static partial class Elementary
{
    /// <summary>ln(1 + z) for 0 ≤ z ≤ 1, within 2 ulp. NaN stays NaN.</summary>
    /// <remarks>2·artanh s with s = z / (2 + z) ≤ 1/3: 2s + s³·P(s²).</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T LogOnePlus<T>(T z)
        where T : unmanaged, ILanes<T>
    {
        T s = z / (T.Broadcast(2f) + z);
        T square = s * s;
        T p = T.Broadcast(0.242388114f);
        p = T.FusedMultiplyAdd(p, square, T.Broadcast(0.214454576f));
        p = T.FusedMultiplyAdd(p, square, T.Broadcast(0.286150903f));
        p = T.FusedMultiplyAdd(p, square, T.Broadcast(0.399989516f));
        p = T.FusedMultiplyAdd(p, square, T.Broadcast(0.666666746f));
        return T.FusedMultiplyAdd(s * square, p, s + s);
    }

    /// <summary>ln(1 + eˣ), within 4 ulp.</summary>
    /// <remarks>max(x, 0) + ln(1 + e^-|x|): x itself from 17 up, and no overflow. NaN stays NaN.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Softplus<T>(T x)
        where T : unmanaged, ILanes<T>
    {
        T zero = T.Broadcast(0f);
        return T.Select(T.Greater(x, zero), x, zero) + LogOnePlus(Exp(-T.Abs(x)));
    }
}
