using Whorl.Kernels.Cpu.Lanes;

namespace Whorl.Kernels.Cpu.Threading;

/// <summary>A kernel whose items the workers share.</summary>
/// <param name="set">The instruction set to run it in.</param>
/// <param name="workers">The most that may share it.</param>
internal sealed class KernelWork<TKernel>(InstructionSet set, int workers) : ParallelWork
    where TKernel : struct, IKernel
{
    private const int ChunksAWorker = 4; // so that one that comes late or is slow takes less

    private readonly WorkRanges _ranges = new(workers);
    private TKernel _kernel;

    /// <summary>Takes the kernel with its arguments.</summary>
    /// <param name="kernel">The kernel.</param>
    /// <param name="items">How many items it has.</param>
    /// <param name="sharers">How many workers may come.</param>
    public void Prepare(in TKernel kernel, int items, int sharers)
    {
        _kernel = kernel;
        _ranges.Deal(items, sharers == 1 ? items : Math.Max(1, items / (sharers * ChunksAWorker)), sharers);
    }

    /// <inheritdoc/>
    public override void Run(int worker)
    {
        while (_ranges.TryTake(worker, out int first, out int end))
        {
            Kernel.Run(set, _kernel, first, end);
        }
    }
}
