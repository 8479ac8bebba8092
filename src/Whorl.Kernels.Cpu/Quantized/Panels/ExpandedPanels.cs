using System.Runtime.CompilerServices;
using Whorl.Kernels.Cpu.Ops.Linear.Kernels;
using Whorl.Tensors;

namespace Whorl.Kernels.Cpu.Quantized.Panels;

/// <summary>Types without a kernel of their own, expanded to float32 panels.</summary>
internal sealed unsafe class ExpandedPanels(ElementType type) : PanelLayout
{
    private readonly FloatPanels<F32Panel> _panels = FloatPanels<F32Panel>.Instance;

    public override long PanelBytes(int columns) => _panels.PanelBytes(columns);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override bool TryPack(byte* source, long rowBytes, int rows, int columns, byte* panel)
    {
        long expandedBytes = sizeof(float) * (long)columns;
        using var expanded = new NativeBuffer(expandedBytes * rows);
        for (int r = 0; r < rows; r++)
        {
            var row = new Span<float>((byte*)expanded.Pointer + (r * expandedBytes), columns);
            BlockCodec.Decode(type, new ReadOnlySpan<byte>(source + (r * rowBytes), (int)rowBytes), row);
        }

        return _panels.TryPack((byte*)expanded.Pointer, expandedBytes, rows, columns, panel);
    }

    public override void Expand(byte* panel, int lane, Span<float> values) => _panels.Expand(panel, lane, values);

    public override int MostRows(InstructionSet set) => _panels.MostRows(set);

    public override void Multiply(InstructionSet set, int rows, in KernelCall call) => _panels.Multiply(set, rows, call);
}
