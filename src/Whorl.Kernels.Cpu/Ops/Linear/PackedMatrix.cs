using Whorl.Kernels.Cpu.Quantized.Panels;
using Whorl.Tensors;

namespace Whorl.Kernels.Cpu.Ops.Linear;

/// <summary>Weights in panels of 32 rows.</summary>
internal sealed unsafe class PackedMatrix : Matrix
{
    private readonly NativeBuffer _buffer;

    public PackedMatrix(ElementType type, int rows, int columns, PanelLayout layout)
    {
        (ElementType, Rows, Columns, Layout) = (type, rows, columns, layout);
        PanelBytes = layout.PanelBytes(columns);
        Panels = (int)(((long)rows + PanelLayout.Lanes - 1) / PanelLayout.Lanes);
        _buffer = new NativeBuffer(checked(PanelBytes * Panels), hugePages: true);
    }

    public override int Rows { get; }

    public override int Columns { get; }

    public override ElementType ElementType { get; }

    public override long Bytes => _buffer.Bytes;

    public PanelLayout Layout { get; }

    public long PanelBytes { get; }

    public int Panels { get; }

    public byte* Panel(int index) => (byte*)_buffer.Pointer + (index * PanelBytes);

    public override void Dispose() => _buffer.Dispose();
}
