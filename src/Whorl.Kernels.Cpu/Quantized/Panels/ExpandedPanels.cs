using System.Runtime.CompilerServices;
using Whorl.Tensors;

namespace Whorl.Kernels.Cpu.Quantized.Panels;

/// <summary>Types without a kernel of their own, expanded to float32 panels.</summary>
internal sealed unsafe class ExpandedPanels(ElementType type) : PanelLayout
{
    public override PanelKind Kind => PanelKind.F32;

    public override long PanelBytes(int columns) => FloatPanels.Instance.PanelBytes(columns);

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

        Words.Interleave((byte*)expanded.Pointer, expandedBytes, rows, columns, (uint*)panel);
        return true;
    }

    public override void Expand(byte* panel, int lane, Span<float> values) => FloatPanels.Instance.Expand(panel, lane, values);
}
