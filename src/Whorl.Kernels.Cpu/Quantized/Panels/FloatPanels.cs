using System.Runtime.CompilerServices;

namespace Whorl.Kernels.Cpu.Quantized.Panels;

/// <summary>float32: <c>[columns][32]</c>, the number of columns filled up to even with zeros.</summary>
internal sealed unsafe class FloatPanels : PanelLayout
{
    public static FloatPanels Instance { get; } = new();

    public override PanelKind Kind => PanelKind.F32;

    public override long PanelBytes(int columns) => 4L * Lanes * ((columns + 1) & ~1);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override bool TryPack(byte* source, long rowBytes, int rows, int columns, byte* panel)
    {
        Words.Interleave(source, rowBytes, rows, columns, (uint*)panel);
        return true;
    }

    public override void Expand(byte* panel, int lane, Span<float> values)
    {
        for (int k = 0; k < values.Length; k++)
        {
            values[k] = ((float*)panel)[(k * Lanes) + lane];
        }
    }
}
