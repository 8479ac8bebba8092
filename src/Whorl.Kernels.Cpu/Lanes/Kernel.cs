using System.Runtime.Intrinsics;

namespace Whorl.Kernels.Cpu.Lanes;

/// <summary>Runs kernels in the widest lanes that this machine has.</summary>
internal static class Kernel
{
    /// <summary>Does the items <paramref name="first"/> to <paramref name="end"/> - 1.</summary>
    public static void Run<TKernel>(in TKernel kernel, int first, int end)
        where TKernel : struct, IKernel
    {
        // Constants to the compiler: each process compiles one of these calls.
        if (Vector512.IsHardwareAccelerated)
        {
            kernel.Run<Lanes512>(first, end);
        }
        else if (Vector256.IsHardwareAccelerated)
        {
            kernel.Run<Lanes256>(first, end);
        }
        else if (Vector128.IsHardwareAccelerated)
        {
            kernel.Run<Lanes128>(first, end);
        }
        else
        {
            kernel.Run<ScalarLanes>(first, end);
        }
    }
}
