using Whorl.Kernels.Cpu.Lanes;

namespace Whorl.Kernels.Cpu.Ops;

/// <summary>A function of one value, written over lanes; a readonly struct, so that each loop is compiled for it.</summary>
internal interface IUnaryFunction
{
    /// <summary>The function of every lane.</summary>
    T Of<T>(T x)
        where T : unmanaged, ILanes<T>;
}
