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
                Float<FloatPanel.F32>(rows, call);
                break;
            case PanelKind.BF16:
                Float<FloatPanel.BF16>(rows, call);
                break;
            case PanelKind.F16:
                Float<FloatPanel.F16>(rows, call);
                break;
            default:
                PanelDispatch.Run(kind, new Quantised(rows, call));
                break;
        }
    }

    private static void Float<TPanel>(int rows, in KernelCall call)
        where TPanel : IFloatPanel
    {
        switch (rows)
        {
            case 1:
                FloatKernels256.Run<RowCount.One, TPanel>(call);
                break;
            case 2:
                FloatKernels256.Run<RowCount.Two, TPanel>(call);
                break;
            case 3:
                FloatKernels256.Run<RowCount.Three, TPanel>(call);
                break;
            case 4:
                FloatKernels256.Run<RowCount.Four, TPanel>(call);
                break;
            default:
                FloatKernels256.Run<RowCount.Six, TPanel>(call);
                break;
        }
    }

    private readonly struct Quantised(int rows, in KernelCall call) : IPanelOperation
    {
        private readonly int _rows = rows;
        private readonly KernelCall _call = call;

        public void Run<TPanel>()
            where TPanel : IQuantisedPanel
        {
            if (TPanel.IsNibbles)
            {
                Nibbles<TPanel>(_rows, _call);
            }
            else
            {
                Bytes<TPanel>(_rows, _call);
            }
        }

        private static void Nibbles<TPanel>(int rows, in KernelCall call)
            where TPanel : IQuantisedPanel
        {
            switch (rows)
            {
                case 1:
                    NibbleKernels256.Run<RowCount.One, TPanel>(call);
                    break;
                case 2:
                    NibbleKernels256.Run<RowCount.Two, TPanel>(call);
                    break;
                case 3:
                    NibbleKernels256.Run<RowCount.Three, TPanel>(call);
                    break;
                default:
                    NibbleKernels256.Run<RowCount.Four, TPanel>(call);
                    break;
            }
        }

        private static void Bytes<TPanel>(int rows, in KernelCall call)
            where TPanel : IQuantisedPanel
        {
            switch (rows)
            {
                case 1 when AvxVnni.IsSupported:
                    ByteKernelsVnni.Run<RowCount.One, TPanel>(call);
                    break;
                case 2 when AvxVnni.IsSupported:
                    ByteKernelsVnni.Run<RowCount.Two, TPanel>(call);
                    break;
                case 1:
                    ByteKernels256.Run<RowCount.One, TPanel>(call);
                    break;
                case 2:
                    ByteKernels256.Run<RowCount.Two, TPanel>(call);
                    break;
                case 3:
                    ByteKernelsVnni.Run<RowCount.Three, TPanel>(call);
                    break;
                default:
                    ByteKernelsVnni.Run<RowCount.Four, TPanel>(call);
                    break;
            }
        }
    }
}
