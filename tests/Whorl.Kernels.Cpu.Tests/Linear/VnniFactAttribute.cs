using System.Runtime.Intrinsics.X86;

namespace Whorl.Kernels.Cpu.Tests.Linear;

/// <summary>A test of kernels that need AVX-VNNI.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class VnniFactAttribute : FactAttribute
{
    public VnniFactAttribute() => Skip = AvxVnni.IsSupported && InstructionSets.IsSupported(InstructionSet.Vector256)
        ? null
        : "this processor, or this leg of the tests, has no AVX-VNNI";
}
