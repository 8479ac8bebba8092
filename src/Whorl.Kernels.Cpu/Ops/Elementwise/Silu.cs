using System.Runtime.CompilerServices;
using Whorl.Kernels.Cpu.Lanes;

namespace Whorl.Kernels.Cpu.Ops;

/// <summary>x / (1 + e^-x), as x times the sigmoid: within 3 ulp. -∞ gives NaN, as the formula does.</summary>
internal readonly struct Silu : IUnaryFunction
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public T Of<T>(T x)
        where T : unmanaged, ILanes<T> =>
        x * Elementary.Sigmoid(x);
}
