using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Whorl.Kernels.Cpu.Quantized.Panels;

namespace Whorl.Kernels.Cpu.Ops.Linear;

/// <summary>Expands some columns of a quantised panel to a float32 panel, exactly.</summary>
internal static unsafe class PanelExpander
{
    private const int Lanes = PanelLayout.Lanes;

    /// <summary>Expands.</summary>
    /// <param name="layout">How the panel lies.</param>
    /// <param name="panel">The panel.</param>
    /// <param name="firstColumn">A multiple of 32.</param>
    /// <param name="columns">A multiple of 32.</param>
    /// <param name="values">Receives <c>[columns][32]</c>.</param>
    /// <param name="set">Which form runs.</param>
    [SkipLocalsInit]
    public static void Expand(QuantisedPanels layout, byte* panel, int firstColumn, int columns, float* values, InstructionSet set)
    {
        float* scales = stackalloc float[Lanes], minimums = stackalloc float[Lanes];
        for (int k = firstColumn; k < firstColumn + columns; k += layout.GroupSize, values += layout.GroupSize * Lanes)
        {
            for (int lane = 0; lane < Lanes; lane++)
            {
                scales[lane] = layout.Scale(panel, lane, k / layout.GroupSize);
                minimums[lane] = layout.HasMinimum ? layout.Minimum(panel, lane, k / layout.GroupSize) : 0;
            }

            // A block's words hold 4 or 8 columns each; a group of 16 may start in its middle.
            var words = (uint*)layout.Codes(panel, k / 32) + (k % 32 / (layout.IsNibbles ? 8 : 4) * Lanes);
            for (int column = 0; column < layout.GroupSize; column++)
            {
                int word = column / (layout.IsNibbles ? 8 : 4);
                int shift = (column % 4 * 8) + (layout.IsNibbles ? column % 8 / 4 * 4 : 0);
                ExpandColumn(layout, words + (word * Lanes), shift, scales, minimums, values + (column * Lanes), set);
            }
        }
    }

    private static void ExpandColumn(QuantisedPanels layout, uint* words, int shift, float* scales, float* minimums, float* values, InstructionSet set)
    {
        uint mask = layout.IsNibbles ? 15u : 255u;
        for (int i = 0; i < Lanes && set == InstructionSet.Vector512; i += 16)
        {
            Vector512<int> code = ((Vector512.Load(words + i) >>> shift) & Vector512.Create(mask)).AsInt32() - Vector512.Create(layout.Bias);
            Vector512<float> value = Vector512.Load(scales + i) * Vector512.ConvertToSingle(code); // exact
            (layout.HasMinimum ? value + Vector512.Load(minimums + i) : value).Store(values + i);
        }

        for (int i = 0; i < Lanes && set != InstructionSet.Vector512; i += 4)
        {
            if (set == InstructionSet.Scalar)
            {
                ExpandFour(words + i, shift, mask, layout, scales + i, minimums + i, values + i);
                continue;
            }

            Vector128<int> code = ((Vector128.Load(words + i) >>> shift) & Vector128.Create(mask)).AsInt32() - Vector128.Create(layout.Bias);
            Vector128<float> value = Vector128.Load(scales + i) * Vector128.ConvertToSingle(code); // exact
            (layout.HasMinimum ? value + Vector128.Load(minimums + i) : value).Store(values + i);
        }
    }

    private static void ExpandFour(uint* words, int shift, uint mask, QuantisedPanels layout, float* scales, float* minimums, float* values)
    {
        for (int i = 0; i < 4; i++)
        {
            float value = scales[i] * ((int)((words[i] >> shift) & mask) - layout.Bias); // exact
            values[i] = layout.HasMinimum ? value + minimums[i] : value;
        }
    }
}
