using System.Runtime.CompilerServices;
using Whorl.Kernels.Cpu.Lanes;

namespace Whorl.Kernels.Cpu.Ops;

/// <summary>x limited to [minimum, maximum]; NaN stays NaN.</summary>
internal readonly struct Clamp(float minimum, float maximum) : IUnaryFunction
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public T Of<T>(T x)
        where T : unmanaged, ILanes<T>
    {
        T low = T.Broadcast(minimum), high = T.Broadcast(maximum);
        T limited = T.Select(T.Greater(low, x), low, x);
        return T.Select(T.Greater(limited, high), high, limited);
    }
}
