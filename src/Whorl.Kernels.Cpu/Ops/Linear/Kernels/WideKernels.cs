using System.Runtime.Intrinsics.X86;
using Whorl.Kernels.Cpu.Lanes;
using Whorl.Kernels.Cpu.Quantized.Panels;

namespace Whorl.Kernels.Cpu.Ops.Linear.Kernels;

/// <summary>Picks the kernel of 256 or 512 bits.</summary>
/// <remarks>
/// Those of quantised weights are written out for each width: over <see cref="IRegister{TSelf}"/> they hold more small calls than the compiler is willing to
/// inline into one method, and run at a fifth of the speed.
/// </remarks>
internal static class WideKernels<TRegister>
    where TRegister : unmanaged, IRegister<TRegister>
{
    /// <summary>Multiplies.</summary>
    /// <param name="kind">The layout.</param>
    /// <param name="rows">A number <see cref="KernelTable.RowsOfNext"/> gives.</param>
    /// <param name="call">The work.</param>
    public static void Run(PanelKind kind, int rows, in KernelCall call)
    {
        switch (kind)
        {
            case PanelKind.F32:
                Constant.Run(rows, new Float<FloatPanel.F32>(call));
                break;
            case PanelKind.BF16:
                Constant.Run(rows, new Float<FloatPanel.BF16>(call));
                break;
            case PanelKind.F16:
                Constant.Run(rows, new Float<FloatPanel.F16>(call));
                break;
            default:
                PanelDispatch.Run(kind, new Quantised(rows, call));
                break;
        }
    }

    private readonly struct Float<TPanel>(in KernelCall call) : IConstantOperation
        where TPanel : IFloatPanel
    {
        private readonly KernelCall _call = call;

        public void Run<TRows>()
            where TRows : IConstant => FloatKernels<TRegister>.Run<TRows, TPanel>(_call);
    }

    private readonly struct Quantised(int rows, in KernelCall call) : IPanelOperation
    {
        private readonly int _rows = rows;
        private readonly KernelCall _call = call;

        public void Run<TPanel>()
            where TPanel : IQuantisedPanel => Constant.Run(_rows, new Codes<TPanel>(_call));
    }

    private readonly struct Codes<TPanel>(in KernelCall call) : IConstantOperation
        where TPanel : IQuantisedPanel
    {
        private readonly KernelCall _call = call;

        public void Run<TRows>()
            where TRows : IConstant
        {
            if (TPanel.IsNibbles && TRegister.Lanes == Register512.Lanes)
            {
                NibbleKernels512.Run<TRows, TPanel>(_call);
            }
            else if (TPanel.IsNibbles)
            {
                NibbleKernels256.Run<TRows, TPanel>(_call);
            }
            else if (TRegister.Lanes == Register512.Lanes)
            {
                ByteKernels512.Run<TRows, TPanel>(_call);
            }
            else if (AvxVnni.IsSupported)
            {
                ByteKernelsVnni.Run<TRows, TPanel>(_call);
            }
            else
            {
                ByteKernels256.Run<TRows, TPanel>(_call);
            }
        }
    }
}
