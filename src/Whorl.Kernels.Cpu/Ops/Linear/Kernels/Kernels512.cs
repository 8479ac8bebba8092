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
                FloatKernels512.Run<RowCount.One, TPanel>(call);
                break;
            case 2:
                FloatKernels512.Run<RowCount.Two, TPanel>(call);
                break;
            case 3:
                FloatKernels512.Run<RowCount.Three, TPanel>(call);
                break;
            case 4:
                FloatKernels512.Run<RowCount.Four, TPanel>(call);
                break;
            case 6:
                FloatKernels512.Run<RowCount.Six, TPanel>(call);
                break;
            case 8:
                FloatKernels512.Run<RowCount.Eight, TPanel>(call);
                break;
            default:
                FloatKernels512.Run<RowCount.Twelve, TPanel>(call);
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
                    NibbleKernels512.Run<RowCount.One, TPanel>(call);
                    break;
                case 2:
                    NibbleKernels512.Run<RowCount.Two, TPanel>(call);
                    break;
                case 3:
                    NibbleKernels512.Run<RowCount.Three, TPanel>(call);
                    break;
                case 4:
                    NibbleKernels512.Run<RowCount.Four, TPanel>(call);
                    break;
                default:
                    NibbleKernels512.Run<RowCount.Six, TPanel>(call);
                    break;
            }
        }

        private static void Bytes<TPanel>(int rows, in KernelCall call)
            where TPanel : IQuantisedPanel
        {
            switch (rows)
            {
                case 1:
                    ByteKernels512.Run<RowCount.One, TPanel>(call);
                    break;
                case 2:
                    ByteKernels512.Run<RowCount.Two, TPanel>(call);
                    break;
                case 3:
                    ByteKernels512.Run<RowCount.Three, TPanel>(call);
                    break;
                default:
                    ByteKernels512.Run<RowCount.Four, TPanel>(call);
                    break;
            }
        }
    }
}
