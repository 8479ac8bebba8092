using Whorl.Kernels.Cpu.Lanes;
using Whorl.Kernels.Cpu.Ops.Linear.Kernels;
using Whorl.Tensors;

namespace Whorl.Kernels.Cpu.Quantized.Panels;

/// <summary>A layout of <see cref="IQuantisedPanel"/> as a value.</summary>
internal abstract unsafe class QuantisedPanels : PanelLayout
{
    /// <summary>Bytes of a 4-bit block's codes.</summary>
    public const int NibbleBlock = 16 * Lanes;

    /// <summary>Bytes of an 8-bit block's codes.</summary>
    public const int ByteBlock = 32 * Lanes;

    /// <summary>Columns of a group: 16 or 32.</summary>
    public abstract int GroupSize { get; }

    /// <summary>Whether a group has a minimum.</summary>
    public abstract bool HasMinimum { get; }

    /// <summary>One group of one row.</summary>
    /// <param name="panel">The panel.</param>
    /// <param name="lane">The row.</param>
    /// <param name="group">The group, counted along the row.</param>
    /// <param name="codes">Receives <see cref="GroupSize"/> signed codes.</param>
    /// <param name="scale">Its scale.</param>
    /// <param name="minimum">Its minimum; 0 where there is none.</param>
    public abstract void ReadGroup(byte* panel, int lane, int group, Span<sbyte> codes, out float scale, out float minimum);

    /// <summary>Expands some columns to a float32 panel, exactly.</summary>
    /// <param name="set">Which form runs.</param>
    /// <param name="panel">The panel.</param>
    /// <param name="firstBlock">The first block of 32 columns.</param>
    /// <param name="blocks">How many.</param>
    /// <param name="values">Receives <c>[columns][32]</c>.</param>
    public abstract void ExpandBlocks(InstructionSet set, byte* panel, int firstBlock, int blocks, float* values);

    public override void Expand(byte* panel, int lane, Span<float> values)
    {
        Span<sbyte> codes = stackalloc sbyte[GroupSize];
        for (int k = 0, group = 0; k < values.Length; k += GroupSize, group++)
        {
            ReadGroup(panel, lane, group, codes, out float scale, out float minimum);
            BlockGroups.Expand(codes, scale, HasMinimum ? minimum : null, values.Slice(k, GroupSize));
        }
    }
}

/// <summary>A layout of <see cref="IQuantisedPanel"/> for an element type.</summary>
/// <param name="groups">What the type's blocks mean.</param>
internal sealed unsafe class QuantisedPanels<TPanel>(BlockGroups groups) : QuantisedPanels
    where TPanel : IQuantisedPanel
{
    public override bool TakesBlocks(ActivationFormat activations) => activations == ActivationFormat.Q8;

    public override int GroupSize => TPanel.HalfGroups ? 16 : 32;

    public override bool HasMinimum => TPanel.HasMinimum;

    public override long PanelBytes(int columns) => TPanel.PanelBytes(columns);

    public override bool TryPack(byte* source, long rowBytes, int rows, int columns, byte* panel) =>
        TPanel.TryPack(groups, source, rowBytes, rows, columns, panel);

    public override int MostRows(InstructionSet set) => KernelTable.MostRows<TPanel>(set);

    public override void Multiply(InstructionSet set, int rows, in KernelCall call) => KernelTable.MultiplyCodes<TPanel>(set, rows, call);

    public override void ExpandBlocks(InstructionSet set, byte* panel, int firstBlock, int blocks, float* values)
    {
        switch (set)
        {
            case InstructionSet.Vector512:
                ExpandKernel<Register512>.Run<TPanel>(panel, firstBlock, blocks, values);
                break;
            case InstructionSet.Vector256:
                ExpandKernel<Register256>.Run<TPanel>(panel, firstBlock, blocks, values);
                break;
            case InstructionSet.Vector128:
                ExpandKernel<Register128>.Run<TPanel>(panel, firstBlock, blocks, values);
                break;
            default:
                ExpandKernel<Register32>.Run<TPanel>(panel, firstBlock, blocks, values);
                break;
        }
    }

    public override void ReadGroup(byte* panel, int lane, int group, Span<sbyte> codes, out float scale, out float minimum)
    {
        int groups = 32 / codes.Length, first = group % groups * codes.Length;
        byte* block = TPanel.Codes(panel, group / groups) + (lane * 4);
        for (int i = 0; i < codes.Length; i++)
        {
            int k = first + i;
            int code = TPanel.IsNibbles
                ? (block[(k / 8 * 4 * Lanes) + (k % 4)] >> (k % 8 / 4 * 4)) & 15
                : block[(k / 4 * 4 * Lanes) + (k % 4)];
            codes[i] = (sbyte)(code - TPanel.Bias);
        }

        TPanel.ReadScales(panel, group / groups, group % groups, lane, out Register32 s, out Register32 m);
        (scale, minimum) = (s.Single, TPanel.HasMinimum ? m.Single : 0);
    }
}
