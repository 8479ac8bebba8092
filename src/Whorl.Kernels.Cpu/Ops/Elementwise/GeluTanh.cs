using System.Runtime.CompilerServices;
using Whorl.Kernels.Cpu.Lanes;

namespace Whorl.Kernels.Cpu.Ops;

/// <summary>x/2 · (1 + tanh u), u = √(2/π) · (x + 0.044715 x³), as x · sigmoid(2u): the same function, without the cancellation.</summary>
internal readonly struct GeluTanh : IUnaryFunction
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public T Of<T>(T x)
        where T : unmanaged, ILanes<T>
    {
        // 2u = x · (c + 0.044715 c x²), c = 2 √(2/π)
        T twice = x * T.FusedMultiplyAdd(x * x, T.Broadcast(0.0713548163f), T.Broadcast(1.59576912f));
        return x * Elementary.Sigmoid(twice);
    }
}
