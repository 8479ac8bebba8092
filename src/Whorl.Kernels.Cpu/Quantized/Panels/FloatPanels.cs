using Whorl.Kernels.Cpu.Lanes;
using Whorl.Kernels.Cpu.Ops.Linear.Kernels;

namespace Whorl.Kernels.Cpu.Quantized.Panels;

/// <summary>A layout of <see cref="IFloatPanel"/> as a value.</summary>
internal sealed unsafe class FloatPanels<TPanel> : PanelLayout
    where TPanel : IFloatPanel
{
    public static FloatPanels<TPanel> Instance { get; } = new();

    public override long PanelBytes(int columns) => (columns + 1L) / 2 * TPanel.PairBytes;

    public override bool TryPack(byte* source, long rowBytes, int rows, int columns, byte* panel) =>
        TPanel.TryPack(source, rowBytes, rows, columns, panel);

    public override int MostRows(InstructionSet set) => KernelTable.MostRowsOfFloats(set);

    public override void Multiply(InstructionSet set, int rows, in KernelCall call) => KernelTable.MultiplyFloats<TPanel>(set, rows, call);

    public override void Expand(byte* panel, int lane, Span<float> values)
    {
        for (int k = 0; k < values.Length; k += 2, panel += TPanel.PairBytes)
        {
            TPanel.ReadPair(panel, lane, out Register32 even, out Register32 odd);
            values[k] = even.Single;
            if (k + 1 < values.Length)
            {
                values[k + 1] = odd.Single;
            }
        }
    }
}
