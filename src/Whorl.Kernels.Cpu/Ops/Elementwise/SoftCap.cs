using System.Runtime.CompilerServices;
using Whorl.Kernels.Cpu.Lanes;

namespace Whorl.Kernels.Cpu.Ops;

/// <summary>cap · tanh(x / cap).</summary>
internal readonly struct SoftCap(float cap) : IUnaryFunction
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public T Of<T>(T x)
        where T : unmanaged, ILanes<T>
    {
        T broadcast = T.Broadcast(cap);
        return broadcast * Elementary.Tanh(x / broadcast);
    }
}
