using Whorl.Kernels.Cpu.Lanes;

namespace Whorl.Kernels.Cpu.Ops;

/// <summary>A function of two values, written over lanes; a readonly struct, so that each loop is compiled for it.</summary>
internal interface IBinaryFunction
{
    /// <summary>The function of every pair of lanes.</summary>
    T Of<T>(T a, T b)
        where T : unmanaged, ILanes<T>;
}
