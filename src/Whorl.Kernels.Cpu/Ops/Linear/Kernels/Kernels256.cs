using Whorl.Kernels.Cpu.Quantized.Panels;

namespace Whorl.Kernels.Cpu.Ops.Linear.Kernels;

/// <summary>Picks the 256-bit kernel.</summary>
internal static class Kernels256
{
    /// <summary>Multiplies.</summary>
    /// <param name="kind">The layout.</param>
    /// <param name="rows">A number <see cref="KernelTable.RowsOfNext"/> gives for at most 6 (floats) or 2 rows.</param>
    /// <param name="call">The work.</param>
    public static void Run(PanelKind kind, int rows, in KernelCall call)
    {
        switch (kind)
        {
            case PanelKind.F32:
                Float<F32x256>(rows, call);
                break;
            case PanelKind.BF16:
                Float<BF16x256>(rows, call);
                break;
            case PanelKind.F16:
                Float<F16x256>(rows, call);
                break;
            case PanelKind.Nibbles:
                Nibbles<Nibbles256>(rows, call);
                break;
            case PanelKind.NibbleMinimums:
                Nibbles<NibbleMinimums256>(rows, call);
                break;
            case PanelKind.SuperblockNibbles:
                Nibbles<SuperblockNibbles256>(rows, call);
                break;
            case PanelKind.Bytes:
                Bytes<Bytes256>(rows, call);
                break;
            case PanelKind.ByteGroups32:
                Bytes<ByteGroups256<Groups32>>(rows, call);
                break;
            case PanelKind.ByteGroups32Minimum:
                Bytes<ByteGroups256<Groups32Minimum>>(rows, call);
                break;
            case PanelKind.ByteGroups16:
                Bytes<ByteGroups256<Groups16>>(rows, call);
                break;
            default:
                Bytes<ByteGroups256<Groups16Minimum>>(rows, call);
                break;
        }
    }

    private static void Float<TPanels>(int rows, in KernelCall call)
        where TPanels : IFloat256
    {
        switch (rows)
        {
            case 1:
                FloatKernels256.RunOne<TPanels>(call);
                break;
            case 2:
                FloatKernels256.Run<Rows2, TPanels>(call);
                break;
            case 3:
                FloatKernels256.Run<Rows3, TPanels>(call);
                break;
            case 4:
                FloatKernels256.Run<Rows4, TPanels>(call);
                break;
            default:
                FloatKernels256.Run<Rows6, TPanels>(call);
                break;
        }
    }

    private static void Nibbles<TPanels>(int rows, in KernelCall call)
        where TPanels : IQuantised256
    {
        if (rows == 1)
        {
            NibbleKernels256.Run<Rows1, TPanels>(call);
        }
        else
        {
            NibbleKernels256.Run<Rows2, TPanels>(call);
        }
    }

    private static void Bytes<TPanels>(int rows, in KernelCall call)
        where TPanels : IQuantised256
    {
        if (rows == 1)
        {
            ByteKernels256.Run<Rows1, TPanels>(call);
        }
        else
        {
            ByteKernels256.Run<Rows2, TPanels>(call);
        }
    }
}
