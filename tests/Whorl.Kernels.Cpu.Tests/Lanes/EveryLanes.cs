using Whorl.Kernels.Cpu.Lanes;

namespace Whorl.Kernels.Cpu.Tests;

/// <summary>Runs a kernel in each kind of lanes; those that the machine lacks run in the runtime's software form, with the same meaning.</summary>
internal static class EveryLanes
{
    public static TheoryData<string> Kinds => ["512", "256", "128"];

    public static void Run<TKernel>(string kind, TKernel kernel, int items)
        where TKernel : struct, IKernel
    {
        switch (kind)
        {
            case "512":
                kernel.Run<Lanes512>(0, items);
                break;
            case "256":
                kernel.Run<Lanes256>(0, items);
                break;
            case "128":
                kernel.Run<Lanes128>(0, items);
                break;
            default:
                kernel.Run<ScalarLanes>(0, items);
                break;
        }
    }
}
