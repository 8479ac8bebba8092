using System.Runtime.CompilerServices;
using Whorl.Kernels.Cpu.Lanes;

namespace Whorl.Kernels.Cpu.Ops;

/// <summary>max(x, 0)²; NaN stays NaN.</summary>
internal readonly struct ReluSquared : IUnaryFunction
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public T Of<T>(T x)
        where T : unmanaged, ILanes<T>
    {
        T relu = default(Relu).Of(x);
        return relu * relu;
    }
}
