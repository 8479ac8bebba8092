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
        int most = layout.MostRows(set);
        for (int done = 0; done < rows;)
        {
            int now = RowsOfNext(rows - done, most);
            part.X = call.X + (done * call.RowBytes);
            part.Out = call.Out + (done * call.OutStride);
            layout.Multiply(set, now, part);
            done += now;
        }
    }

    /// <summary>Multiplies by float panels, in vectors.</summary>
    public static void MultiplyFloats<TPanel>(InstructionSet set, int rows, in KernelCall call)
        where TPanel : IFloatPanel
    {
        switch (set)
        {
            case InstructionSet.Vector512:
                Constant.Run(rows, new Floats<Register512, TPanel>(call));
                break;
            case InstructionSet.Vector256:
                Constant.Run(rows, new Floats<Register256, TPanel>(call));
                break;
            default:
                FloatKernels128.Run<TPanel>(call);
                break;
        }
    }

    /// <summary>Multiplies by quantised panels, in vectors.</summary>
    public static void MultiplyCodes<TPanel>(InstructionSet set, int rows, in KernelCall call)
        where TPanel : IQuantisedPanel
    {
        switch (set)
        {
            case InstructionSet.Vector512:
                Constant.Run(rows, new Codes512<TPanel>(call));
                break;
            case InstructionSet.Vector256:
                Constant.Run(rows, new Codes256<TPanel>(call));
                break;
            default:
                QuantisedKernels128.Run<TPanel>(call);
                break;
        }
    }

    /// <summary>The most rows that a kernel of float panels takes.</summary>
    public static int MostRowsOfFloats(InstructionSet set) => set switch
    {
        InstructionSet.Vector512 => 12,
        InstructionSet.Vector256 => 6,
        _ => 1,
    };

    /// <summary>The most rows that a kernel of quantised panels takes.</summary>
    public static int MostRows<TPanel>(InstructionSet set)
        where TPanel : IQuantisedPanel => set switch
        {
            InstructionSet.Vector512 => TPanel.IsNibbles ? 6 : 4,
            InstructionSet.Vector256 => TPanel.IsNibbles || AvxVnni.IsSupported ? 4 : 2,
            _ => 1,
        };

    /// <summary>
    /// How many of the remaining rows the next kernel takes: as many as it can, but two about equal parts rather than a full and a small
    /// one.
    /// </summary>
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

    private readonly struct Floats<TRegister, TPanel>(in KernelCall call) : IConstantOperation
        where TRegister : unmanaged, IRegister<TRegister>
        where TPanel : IFloatPanel
    {
        private readonly KernelCall _call = call;

        public void Run<TRows>()
            where TRows : IConstant => FloatKernels<TRegister>.Run<TRows, TPanel>(_call);
    }

    private readonly struct Codes512<TPanel>(in KernelCall call) : IConstantOperation
        where TPanel : IQuantisedPanel
    {
        private readonly KernelCall _call = call;

        public void Run<TRows>()
            where TRows : IConstant
        {
            if (TPanel.IsNibbles)
            {
                NibbleKernels<Register512>.Run<TRows, TPanel>(_call);
            }
            else if (TRows.Value == 4 && AvxVnni.IsSupported)
            {
                // Half as wide, in a quarter of the steps; fewer rows wait for the weights.
                ByteKernels256<ByteDot.Vnni>.Run<TRows, TPanel>(_call);
            }
            else
            {
                ByteKernels512.Run<TRows, TPanel>(_call);
            }
        }
    }

    private readonly struct Codes256<TPanel>(in KernelCall call) : IConstantOperation
        where TPanel : IQuantisedPanel
    {
        private readonly KernelCall _call = call;

        public void Run<TRows>()
            where TRows : IConstant
        {
            if (TPanel.IsNibbles)
            {
                NibbleKernels<Register256>.Run<TRows, TPanel>(_call);
            }
            else if (AvxVnni.IsSupported)
            {
                ByteKernels256<ByteDot.Vnni>.Run<TRows, TPanel>(_call);
            }
            else
            {
                ByteKernels256<ByteDot.Signs>.Run<TRows, TPanel>(_call);
            }
        }
    }
}
