using Whorl.Kernels.Cpu.Quantized.Panels;

namespace Whorl.Kernels.Cpu.Ops.Linear.Kernels;

/// <summary>Picks the 512-bit kernel.</summary>
internal static class Kernels512
{
    /// <summary>Multiplies.</summary>
    /// <param name="kind">The layout.</param>
    /// <param name="rows">A number <see cref="KernelTable.RowsOfNext"/> gives for at most 12, 6 (4-bit codes) or 4 (8-bit codes) rows.</param>
    /// <param name="call">The work.</param>
    public static void Run(PanelKind kind, int rows, in KernelCall call)
    {
        switch (kind)
        {
            case PanelKind.F32:
                Float<F32Panel>(rows, call);
                break;
            case PanelKind.BF16:
                Float<BF16Panel>(rows, call);
                break;
            case PanelKind.F16:
                Float<F16Panel>(rows, call);
                break;
            case PanelKind.Nibbles:
                Nibbles<NibblePanel>(rows, call);
                break;
            case PanelKind.NibbleMinimums:
                Nibbles<NibbleMinimumPanel>(rows, call);
                break;
            case PanelKind.SuperblockNibbles:
                Nibbles<SuperblockNibblePanel>(rows, call);
                break;
            case PanelKind.Bytes:
                Bytes<BytePanel>(rows, call);
                break;
            case PanelKind.ByteGroups32:
                Bytes<ByteGroupPanel<Groups32>>(rows, call);
                break;
            case PanelKind.ByteGroups32Minimum:
                Bytes<ByteGroupPanel<Groups32Minimum>>(rows, call);
                break;
            case PanelKind.ByteGroups16:
                Bytes<ByteGroupPanel<Groups16>>(rows, call);
                break;
            default:
                Bytes<ByteGroupPanel<Groups16Minimum>>(rows, call);
                break;
        }
    }

    private static void Float<TPanel>(int rows, in KernelCall call)
        where TPanel : IFloatPanel
    {
        switch (rows)
        {
            case 1:
                FloatKernels512.Run<Rows1, TPanel>(call);
                break;
            case 2:
                FloatKernels512.Run<Rows2, TPanel>(call);
                break;
            case 3:
                FloatKernels512.Run<Rows3, TPanel>(call);
                break;
            case 4:
                FloatKernels512.Run<Rows4, TPanel>(call);
                break;
            case 6:
                FloatKernels512.Run<Rows6, TPanel>(call);
                break;
            case 8:
                FloatKernels512.Run<Rows8, TPanel>(call);
                break;
            default:
                FloatKernels512.Run<Rows12, TPanel>(call);
                break;
        }
    }

    private static void Nibbles<TPanel>(int rows, in KernelCall call)
        where TPanel : IQuantisedPanel
    {
        switch (rows)
        {
            case 1:
                NibbleKernels512.Run<Rows1, TPanel>(call);
                break;
            case 2:
                NibbleKernels512.Run<Rows2, TPanel>(call);
                break;
            case 3:
                NibbleKernels512.Run<Rows3, TPanel>(call);
                break;
            case 4:
                NibbleKernels512.Run<Rows4, TPanel>(call);
                break;
            default:
                NibbleKernels512.Run<Rows6, TPanel>(call);
                break;
        }
    }

    private static void Bytes<TPanel>(int rows, in KernelCall call)
        where TPanel : IQuantisedPanel
    {
        switch (rows)
        {
            case 1:
                ByteKernels512.Run<Rows1, TPanel>(call);
                break;
            case 2:
                ByteKernels512.Run<Rows2, TPanel>(call);
                break;
            case 3:
                ByteKernels512.Run<Rows3, TPanel>(call);
                break;
            default:
                ByteKernels512.Run<Rows4, TPanel>(call);
                break;
        }
    }
}
