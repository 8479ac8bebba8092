using Whorl.Tensors;

namespace Whorl.Kernels.Cpu.Quantized.Panels;

/// <summary>Types without a kernel of their own, expanded to float32 panels.</summary>
internal sealed unsafe class ExpandedPanels(ElementType type) : PanelLayout
{
    public override PanelKind Kind => PanelKind.F32;

    public override long PanelBytes(int columns) => FloatPanels.Instance.PanelBytes(columns);

    public override bool TryPack(byte* source, long rowBytes, int rows, int columns, byte* panel)
    {
        using var row = new NativeBuffer(4L * columns);
        for (int lane = 0; lane < rows; lane++)
        {
            BlockCodec.Decode(type, new ReadOnlySpan<byte>(source + (lane * rowBytes), (int)rowBytes), new Span<float>(row.Pointer, columns));
            Words.Spread((uint*)row.Pointer, columns, (uint*)panel + lane);
        }

        return true;
    }

    public override void Expand(byte* panel, int lane, Span<float> values) => FloatPanels.Instance.Expand(panel, lane, values);
}
