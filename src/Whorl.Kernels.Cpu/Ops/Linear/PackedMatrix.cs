using Whorl.Kernels.Cpu.Quantized.Panels;
using Whorl.Tensors;

namespace Whorl.Kernels.Cpu.Ops.Linear;

/// <summary>Weights in panels of 32 rows.</summary>
internal sealed unsafe class PackedMatrix : Matrix
{
    private readonly HostMemory _memory;

    /// <param name="type">The checkpoint's element type.</param>
    /// <param name="rows">Outputs.</param>
    /// <param name="columns">Inputs.</param>
    /// <param name="layout">How a panel lies.</param>
    /// <param name="memory">Panels that are filled already; null for new ones, of zeros. Disposed with the matrix.</param>
    public PackedMatrix(ElementType type, int rows, int columns, PanelLayout layout, HostMemory? memory = null)
    {
        (ElementType, Rows, Columns, Layout) = (type, rows, columns, layout);
        PanelBytes = layout.PanelBytes(columns);
        Panels = (int)(((long)rows + PanelLayout.Lanes - 1) / PanelLayout.Lanes);
        long bytes = checked(PanelBytes * Panels);
        _memory = memory ?? new NativeBuffer(bytes, hugePages: true);
        ArgumentOutOfRangeException.ThrowIfNotEqual(_memory.Bytes, bytes, nameof(memory));
    }

    public override int Rows { get; }

    public override int Columns { get; }

    public override ElementType ElementType { get; }

    public override long Bytes => _memory.Bytes;

    public PanelLayout Layout { get; }

    public long PanelBytes { get; }

    public int Panels { get; }

    public byte* Panel(int index) => (byte*)_memory.Pointer + (index * PanelBytes);

    public override void Dispose() => _memory.Dispose();
}
