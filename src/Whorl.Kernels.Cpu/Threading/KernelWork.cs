using Whorl.Kernels.Cpu.Lanes;

namespace Whorl.Kernels.Cpu.Threading;

/// <summary>A kernel whose items the workers share in equal runs.</summary>
/// <param name="set">The instruction set to run it in.</param>
internal sealed class KernelWork<TKernel>(InstructionSet set) : ParallelWork
    where TKernel : struct, IKernel
{
    /// <summary>The kernel with its arguments.</summary>
    public TKernel Kernel { get; set; }

    /// <summary>How many items it has.</summary>
    public int Items { get; set; }

    /// <inheritdoc/>
    public override void Run(int worker, int workers)
    {
        TKernel kernel = Kernel;
        int first = Share(Items, worker, workers), end = Share(Items, worker + 1, workers);
        if (first < end)
        {
            Lanes.Kernel.Run(set, kernel, first, end);
        }
    }
}
