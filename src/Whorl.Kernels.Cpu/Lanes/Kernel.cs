namespace Whorl.Kernels.Cpu.Lanes;

/// <summary>Runs kernels in the lanes of an instruction set.</summary>
internal static class Kernel
{
    /// <summary>Does the items <paramref name="first"/> to <paramref name="end"/> - 1.</summary>
    public static void Run<TKernel>(InstructionSet set, in TKernel kernel, int first, int end)
        where TKernel : struct, IKernel
    {
        switch (set)
        {
            case InstructionSet.Vector512:
                kernel.Run<Lanes512>(first, end);
                break;
            case InstructionSet.Vector256:
                kernel.Run<Lanes256>(first, end);
                break;
            case InstructionSet.Vector128:
                kernel.Run<Lanes128>(first, end);
                break;
            default:
                kernel.Run<ScalarLanes>(first, end);
                break;
        }
    }
}
