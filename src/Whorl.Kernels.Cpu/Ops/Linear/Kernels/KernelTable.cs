using System.Runtime.Intrinsics.X86;
using Whorl.Kernels.Cpu.Lanes;
using Whorl.Kernels.Cpu.Quantized.Panels;

namespace Whorl.Kernels.Cpu.Ops.Linear.Kernels;

/// <summary>Picks the kernel for an instruction set, a layout and a number of rows.</summary>
internal static unsafe class KernelTable
{
    /// <summary>Multiplies rows of activations by panels.</summary>
    public static void Run(InstructionSet set, PanelLayout layout, int rows, in KernelCall call)
    {
        if (set == InstructionSet.Scalar)
        {
            ScalarKernels.Run(layout, rows, call);
            return;
        }

        KernelCall part = call;
        int most = MostRows(set, layout);
        for (int done = 0; done < rows;)
        {
            int now = RowsOfNext(rows - done, most);
            part.X = call.X + (done * call.RowBytes);
            part.Out = call.Out + (done * call.OutStride);
            switch (set)
            {
                case InstructionSet.Vector512:
                    WideKernels<Register512>.Run(layout.Kind, now, part);
                    break;
                case InstructionSet.Vector256:
                    WideKernels<Register256>.Run(layout.Kind, now, part);
                    break;
                default:
                    Kernels128.Run(layout.Kind, part);
                    break;
            }

            done += now;
        }
    }

    /// <summary>How many of the remaining rows the next kernel takes: as many as it can, but two about equal parts rather than a full and a small one.</summary>
    /// <param name="rows">Rows left.</param>
    /// <param name="most">The most the kernel takes: 1, 2, 4, 6 or 12.</param>
    /// <returns>1, 2, 3, 4, 6, 8 or 12, and at most <paramref name="rows"/> and <paramref name="most"/>.</returns>
    internal static int RowsOfNext(int rows, int most)
    {
        bool fits = rows <= most && rows is (<= 4) or 6 or 8 or 12;
        int wanted = fits ? rows : rows >= 2 * most ? most : (rows + 1) / 2;
        return wanted switch
        {
            <= 4 => wanted,
            <= 6 => 6,
            <= 8 => 8,
            _ => 12,
        };
    }

    private static int MostRows(InstructionSet set, PanelLayout layout) => set switch
    {
        InstructionSet.Vector512 => layout switch
        {
            QuantisedPanels { IsNibbles: true } => 6,
            QuantisedPanels => 4,
            _ => 12,
        },
        InstructionSet.Vector256 => layout switch
        {
            QuantisedPanels { IsNibbles: true } => 4,
            QuantisedPanels => AvxVnni.IsSupported ? 4 : 2,
            _ => 6,
        },
        _ => 1,
    };
}
