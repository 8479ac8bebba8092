using Whorl.Kernels.Cpu.Quantized.Panels;
using Whorl.Kernels.Cpu.Threading;

namespace Whorl.Kernels.Cpu.Ops.Linear;

/// <summary>Fills the panels of a matrix, shared by the workers.</summary>
internal sealed unsafe class PackWork(PackedMatrix matrix, byte* source, long rowBytes, int workers) : ParallelWork
{
    private readonly WorkRanges _ranges = new(workers);
    private volatile bool _refused;

    /// <summary>Whether the layout could not hold the values.</summary>
    public bool Refused => _refused;

    /// <summary>Deals the panels; before each run.</summary>
    public void Deal(int activeWorkers) => _ranges.Deal(matrix.Panels, 1, activeWorkers);

    public override void Run(int worker, int workers)
    {
        while (!_refused && _ranges.TryTake(worker, out int panel, out _))
        {
            int first = panel * PanelLayout.Lanes, rows = Math.Min(PanelLayout.Lanes, matrix.Rows - first);
            if (!matrix.Layout.TryPack(source + (first * rowBytes), rowBytes, rows, matrix.Columns, matrix.Panel(panel)))
            {
                _refused = true;
            }
        }
    }
}
