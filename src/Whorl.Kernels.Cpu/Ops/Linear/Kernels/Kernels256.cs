using System.Runtime.Intrinsics.X86;
using Whorl.Kernels.Cpu.Quantized.Panels;

namespace Whorl.Kernels.Cpu.Ops.Linear.Kernels;

/// <summary>Picks the 256-bit kernel.</summary>
internal static class Kernels256
{
    /// <summary>Multiplies.</summary>
    /// <param name="kind">The layout.</param>
    /// <param name="rows">A number <see cref="KernelTable.RowsOfNext"/> gives for at most 6 (floats) or 4 rows; 2 for 8-bit codes without AVX-VNNI.</param>
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
                FloatKernels256.Run<Rows1, TPanel>(call);
                break;
            case 2:
                FloatKernels256.Run<Rows2, TPanel>(call);
                break;
            case 3:
                FloatKernels256.Run<Rows3, TPanel>(call);
                break;
            case 4:
                FloatKernels256.Run<Rows4, TPanel>(call);
                break;
            default:
                FloatKernels256.Run<Rows6, TPanel>(call);
                break;
        }
    }

    private static void Nibbles<TPanel>(int rows, in KernelCall call)
        where TPanel : IQuantisedPanel
    {
        switch (rows)
        {
            case 1:
                NibbleKernels256.Run<Rows1, TPanel>(call);
                break;
            case 2:
                NibbleKernels256.Run<Rows2, TPanel>(call);
                break;
            case 3:
                NibbleKernels256.Run<Rows3, TPanel>(call);
                break;
            default:
                NibbleKernels256.Run<Rows4, TPanel>(call);
                break;
        }
    }

    private static void Bytes<TPanel>(int rows, in KernelCall call)
        where TPanel : IQuantisedPanel
    {
        switch (rows)
        {
            case 1 when AvxVnni.IsSupported:
                ByteKernelsVnni.Run<Rows1, TPanel>(call);
                break;
            case 2 when AvxVnni.IsSupported:
                ByteKernelsVnni.Run<Rows2, TPanel>(call);
                break;
            case 1:
                ByteKernels256.Run<Rows1, TPanel>(call);
                break;
            case 2:
                ByteKernels256.Run<Rows2, TPanel>(call);
                break;
            case 3:
                ByteKernelsVnni.Run<Rows3, TPanel>(call);
                break;
            default:
                ByteKernelsVnni.Run<Rows4, TPanel>(call);
                break;
        }
    }
}
