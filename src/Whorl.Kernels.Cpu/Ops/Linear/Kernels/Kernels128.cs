using Whorl.Kernels.Cpu.Quantized.Panels;

namespace Whorl.Kernels.Cpu.Ops.Linear.Kernels;

/// <summary>Picks the 128-bit kernel.</summary>
internal static class Kernels128
{
    /// <summary>Multiplies one row.</summary>
    /// <param name="kind">The layout.</param>
    /// <param name="call">The work.</param>
    public static void Run(PanelKind kind, in KernelCall call)
    {
        switch (kind)
        {
            case PanelKind.F32:
                FloatKernels128.Run<FloatPanel.F32>(call);
                break;
            case PanelKind.BF16:
                FloatKernels128.Run<FloatPanel.BF16>(call);
                break;
            case PanelKind.F16:
                FloatKernels128.Run<FloatPanel.F16>(call);
                break;
            default:
                PanelDispatch.Run(kind, new Quantised(call));
                break;
        }
    }

    private readonly struct Quantised(in KernelCall call) : IPanelOperation
    {
        private readonly KernelCall _call = call;

        public void Run<TPanel>()
            where TPanel : IQuantisedPanel
        {
            if (TPanel.IsNibbles)
            {
                QuantisedKernels128.Nibbles<TPanel>(_call);
            }
            else
            {
                QuantisedKernels128.Bytes<TPanel>(_call);
            }
        }
    }
}
