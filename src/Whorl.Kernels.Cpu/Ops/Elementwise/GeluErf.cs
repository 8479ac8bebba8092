using System.Runtime.CompilerServices;
using Whorl.Kernels.Cpu.Lanes;

namespace Whorl.Kernels.Cpu.Ops;

/// <summary>x/2 · (1 + erf(x/√2)), as fma(x/2, erf, x/2).</summary>
internal readonly struct GeluErf : IUnaryFunction
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public T Of<T>(T x)
        where T : unmanaged, ILanes<T>
    {
        T half = x * T.Broadcast(0.5f);
        return T.FusedMultiplyAdd(half, Elementary.Erf(x * T.Broadcast(0.707106781f)), half);
    }
}
