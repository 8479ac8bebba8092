using System.Runtime.CompilerServices;
using Whorl.Kernels.Cpu.Lanes;

namespace Whorl.Kernels.Cpu.Ops;

internal static partial class Elementary
{
    /// <summary>1 / (1 + e^-x), within 2.5 ulp.</summary>
    /// <remarks>With z = e^-|x|: 1 / (1 + z) where x ≥ 0, else z / (1 + z), so that nothing overflows. NaN stays NaN.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Sigmoid<T>(T x)
        where T : unmanaged, ILanes<T>
    {
        T one = T.Broadcast(1f);
        T z = Exp(-T.Abs(x));
        return T.Select(T.Greater(T.Broadcast(0f), x), z, one) / (one + z);
    }
}
