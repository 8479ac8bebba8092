using Whorl.Kernels.Cpu.Ops.Linear;
using Whorl.Kernels.Cpu.Quantized.Panels;
using Whorl.Tensors;

namespace Whorl.Kernels.Cpu.Tests.Linear;

/// <summary>What a panel gives back, by row and by column, is what the blocks it was made of mean.</summary>
public sealed unsafe class LayoutTests
{
    public static TheoryData<ElementType> Types() => [.. Weights.All];

    [Theory]
    [MemberData(nameof(Types))]
    public void A_row_comes_out_of_a_panel_as_the_codec_reads_it(ElementType type)
    {
        const int Rows = 37, Columns = 768;
        byte[] data = Weights.Random(type, Rows, Columns, new Random(1));
        foreach (PanelLayout layout in new[] { PanelLayouts.Preferred(type)!, PanelLayouts.General(type)! })
        {
            using var matrix = new PackedMatrix(type, Rows, Columns, layout);
            Fill(matrix, data);
            float[] values = new float[Columns];
            for (int row = 0; row < Rows; row++)
            {
                layout.Expand(matrix.Panel(row / PanelLayout.Lanes), row % PanelLayout.Lanes, values);
                Bits.Equal(Weights.Decode(type, data, row, Columns), values, $"{type}, row {row}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void Blocks_are_expanded_to_the_same_bits_on_every_instruction_set(ElementType type)
    {
        const int Rows = 32, Columns = 512;
        byte[] data = Weights.Random(type, Rows, Columns, new Random(2));
        foreach (QuantisedPanels layout in new[] { PanelLayouts.Preferred(type), PanelLayouts.General(type) }.OfType<QuantisedPanels>())
        {
            using var matrix = new PackedMatrix(type, Rows, Columns, layout);
            Fill(matrix, data);
            for (InstructionSet set = InstructionSets.Best; set >= InstructionSet.Scalar; set--)
            {
                float[] values = new float[256 * PanelLayout.Lanes], lane = new float[256];
                fixed (float* to = values)
                {
                    layout.ExpandBlocks(set, matrix.Panel(0), 8, 8, to);
                }

                for (int row = 0; row < Rows; row++)
                {
                    for (int k = 0; k < lane.Length; k++)
                    {
                        lane[k] = values[(k * PanelLayout.Lanes) + row];
                    }

                    Bits.Equal(Weights.Decode(type, data, row, Columns)[256..], lane, $"{type}, {set}, row {row}");
                }
            }
        }
    }

    private static void Fill(PackedMatrix matrix, byte[] data)
    {
        int rowBytes = data.Length / matrix.Rows;
        fixed (byte* source = data)
        {
            for (int panel = 0; panel < matrix.Panels; panel++)
            {
                int first = panel * PanelLayout.Lanes, rows = Math.Min(PanelLayout.Lanes, matrix.Rows - first);
                Assert.True(matrix.Layout.TryPack(source + (first * rowBytes), rowBytes, rows, matrix.Columns, matrix.Panel(panel)));
            }
        }
    }
}
