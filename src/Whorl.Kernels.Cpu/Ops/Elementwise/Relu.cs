using System.Runtime.CompilerServices;
using Whorl.Kernels.Cpu.Lanes;

namespace Whorl.Kernels.Cpu.Ops;

/// <summary>max(x, 0); NaN stays NaN, -0 stays -0.</summary>
internal readonly struct Relu : IUnaryFunction
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public T Of<T>(T x)
        where T : unmanaged, ILanes<T>
    {
        T zero = T.Broadcast(0f);
        return T.Select(T.Greater(zero, x), zero, x);
    }
}
