using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Whorl.Kernels.Cpu;

/// <summary>What this processor has.</summary>
internal static class InstructionSets
{
    /// <summary>The widest.</summary>
    public static InstructionSet Best =>
        IsSupported(InstructionSet.Vector512) ? InstructionSet.Vector512 :
        IsSupported(InstructionSet.Vector256) ? InstructionSet.Vector256 :
        IsSupported(InstructionSet.Vector128) ? InstructionSet.Vector128 : InstructionSet.Scalar;

    /// <summary>Whether the processor, and the runtime's settings, allow it.</summary>
    public static bool IsSupported(InstructionSet set) => set switch
    {
        InstructionSet.Vector512 => Vector512.IsHardwareAccelerated && Avx512BW.IsSupported,
        InstructionSet.Vector256 => Vector256.IsHardwareAccelerated && Avx2.IsSupported && Fma.IsSupported,
        InstructionSet.Vector128 => Vector128.IsHardwareAccelerated,
        _ => true,
    };
}
