using System.Runtime.CompilerServices;
using Whorl.Kernels.Cpu.Lanes;

namespace Whorl.Kernels.Cpu.Ops;

/// <summary>f(gate) · up: the product of what <typeparamref name="TActivation"/> alone would store, so the same bits.</summary>
internal readonly struct Gated<TActivation> : IBinaryFunction
    where TActivation : struct, IUnaryFunction
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public T Of<T>(T gate, T up)
        where T : unmanaged, ILanes<T> =>
        default(TActivation).Of(gate) * up;
}
