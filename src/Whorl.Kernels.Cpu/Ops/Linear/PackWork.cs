using System.Buffers;
using Whorl.Kernels.Cpu.Quantized.Panels;
using Whorl.Kernels.Cpu.Threading;
using Whorl.Tensors;

namespace Whorl.Kernels.Cpu.Ops.Linear;

/// <summary>Reads the rows of a matrix and fills its panels, shared by the workers; each holds some panels' rows at a time.</summary>
internal sealed unsafe class PackWork : ParallelWork
{
    private const int WorthAHandOff = 256 << 10; // bytes a worker takes at least, where there are as many

    private readonly PackedMatrix _matrix;
    private readonly int _rowBytes;
    private readonly RowReader _read;
    private readonly int _panelsAtOnce;
    private int _taken;
    private volatile bool _refused;

    /// <param name="matrix">Receives the values.</param>
    /// <param name="rowBytes">Bytes of a row as it is read.</param>
    /// <param name="read">Gives the rows.</param>
    /// <param name="stagingBytes">The most that a worker reads at once; one panel's rows are read even if they are more.</param>
    /// <param name="workers">How many share the work.</param>
    public PackWork(PackedMatrix matrix, long rowBytes, RowReader read, int stagingBytes, int workers)
    {
        (_matrix, _rowBytes, _read) = (matrix, checked((int)rowBytes), read);
        long panelBytes = Math.Max(1, rowBytes * PanelLayout.Lanes);
        long share = Math.Max(WorthAHandOff / panelBytes, (matrix.Panels + workers - 1) / workers);
        _panelsAtOnce = (int)Math.Clamp(share, 1, Math.Max(1, stagingBytes / panelBytes));
    }

    /// <summary>Whether the layout could not hold the values.</summary>
    public bool Refused => _refused;

    public override void Run(int worker)
    {
        byte[] staging = ArrayPool<byte>.Shared.Rent(
            checked((int)Math.Min(_matrix.Rows, (long)_panelsAtOnce * PanelLayout.Lanes) * _rowBytes));
        try
        {
            fixed (byte* source = staging)
            {
                // In the order of the file, so that the system reads ahead and disks need not seek.
                while (!_refused && Interlocked.Add(ref _taken, _panelsAtOnce) - _panelsAtOnce is var panel && panel < _matrix.Panels)
                {
                    Pack(panel, staging, source);
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(staging);
        }
    }

    private void Pack(int panel, byte[] staging, byte* source)
    {
        int first = panel * PanelLayout.Lanes, end = (int)Math.Min(_matrix.Rows, first + ((long)_panelsAtOnce * PanelLayout.Lanes));
        if (_rowBytes > 0)
        {
            _read(first, staging.AsSpan(0, (end - first) * _rowBytes));
        }

        for (int row = first; row < end && !_refused; row += PanelLayout.Lanes)
        {
            if (!_matrix.Layout.TryPack(
                source + ((long)(row - first) * _rowBytes),
                _rowBytes,
                Math.Min(PanelLayout.Lanes, end - row),
                _matrix.Columns,
                _matrix.Panel(row / PanelLayout.Lanes)))
            {
                _refused = true;
            }
        }
    }
}
