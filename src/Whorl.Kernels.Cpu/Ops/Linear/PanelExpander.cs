using Whorl.Kernels.Cpu.Lanes;
using Whorl.Kernels.Cpu.Ops.Linear.Kernels;
using Whorl.Kernels.Cpu.Quantized.Panels;

namespace Whorl.Kernels.Cpu.Ops.Linear;

/// <summary>Expands some columns of a quantised panel to a float32 panel, exactly.</summary>
internal static unsafe class PanelExpander
{
    /// <summary>Expands.</summary>
    /// <param name="layout">How the panel lies.</param>
    /// <param name="panel">The panel.</param>
    /// <param name="firstColumn">A multiple of 32.</param>
    /// <param name="columns">A multiple of 32.</param>
    /// <param name="values">Receives <c>[columns][32]</c>.</param>
    /// <param name="set">Which form runs.</param>
    public static void Expand(QuantisedPanels layout, byte* panel, int firstColumn, int columns, float* values, InstructionSet set)
    {
        if (set != InstructionSet.Scalar)
        {
            PanelDispatch.Run(layout.Kind, new Vectors(set, panel, firstColumn / 32, columns / 32, values));
            return;
        }

        Span<sbyte> codes = stackalloc sbyte[layout.GroupSize];
        Span<float> row = stackalloc float[layout.GroupSize];
        for (int k = 0; k < columns; k += layout.GroupSize)
        {
            int group = (firstColumn + k) / layout.GroupSize;
            for (int lane = 0; lane < PanelLayout.Lanes; lane++)
            {
                layout.ReadGroup(panel, lane, group, codes);
                LinearDefinition.Expand(codes, layout.Scale(panel, lane, group), layout.HasMinimum ? layout.Minimum(panel, lane, group) : null, row);
                for (int i = 0; i < row.Length; i++)
                {
                    values[((k + i) * PanelLayout.Lanes) + lane] = row[i];
                }
            }
        }
    }

    private readonly struct Vectors(InstructionSet set, byte* panel, int firstBlock, int blocks, float* values) : IPanelOperation
    {
        private readonly byte* _panel = panel;
        private readonly float* _values = values;

        public void Run<TPanel>()
            where TPanel : IQuantisedPanel
        {
            switch (set)
            {
                case InstructionSet.Vector512:
                    ExpandKernel<Register512>.Run<TPanel>(_panel, firstBlock, blocks, _values);
                    break;
                case InstructionSet.Vector256:
                    ExpandKernel<Register256>.Run<TPanel>(_panel, firstBlock, blocks, _values);
                    break;
                default:
                    ExpandKernel<Register128>.Run<TPanel>(_panel, firstBlock, blocks, _values);
                    break;
            }
        }
    }
}
