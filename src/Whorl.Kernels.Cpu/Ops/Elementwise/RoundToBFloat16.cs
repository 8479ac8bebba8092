using System.Runtime.CompilerServices;
using Whorl.Kernels.Cpu.Lanes;

namespace Whorl.Kernels.Cpu.Ops;

/// <summary>Rounded to bfloat16, half to even, and back; a NaN stays one.</summary>
internal readonly struct RoundToBFloat16 : IUnaryFunction
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public T Of<T>(T x)
        where T : unmanaged, ILanes<T> =>
        T.RoundToBFloat16(x);
}
