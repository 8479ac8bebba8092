using System.Runtime.CompilerServices;
using Whorl.Kernels.Cpu.Lanes;
using Whorl.Kernels.Cpu.Quantized.Panels;

namespace Whorl.Kernels.Cpu.Ops.Linear.Kernels;

/// <summary>Expands blocks of a quantised panel to float32, exactly.</summary>
internal static unsafe class ExpandKernel<TRegister>
    where TRegister : unmanaged, IRegister<TRegister>
{
    /// <summary>Expands.</summary>
    /// <param name="panel">The panel.</param>
    /// <param name="firstBlock">First block of 32 columns.</param>
    /// <param name="blocks">Number of blocks.</param>
    /// <param name="values">Receives <c>[columns][32]</c>.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run<TPanel>(byte* panel, int firstBlock, int blocks, float* values)
        where TPanel : IQuantisedPanel
    {
        int groups = TPanel.HalfGroups ? 2 : 1, columnsAWord = TPanel.IsNibbles ? 8 : 4;
        int words = 32 / groups / columnsAWord;
        for (int block = firstBlock; block < firstBlock + blocks; block++)
        {
            byte* codes = TPanel.Codes(panel, block);
            for (int group = 0; group < groups; group++)
            {
                for (int part = 0; part < PanelLayout.Lanes / TRegister.Lanes; part++)
                {
                    TPanel.ReadScales(panel, block, group, part, out TRegister scale, out TRegister minimum);
                    float* to = values + (part * TRegister.Lanes);
                    for (int word = 0; word < words; word++, to += columnsAWord * PanelLayout.Lanes)
                    {
                        int at = (((group * words) + word) * PanelLayout.Lanes) + (part * TRegister.Lanes);
                        TRegister four = TRegister.Load((uint*)codes + at);
                        for (int i = 0; i < 4; i++, four >>>= 8)
                        {
                            Write<TPanel>(four, scale, minimum, to + (i * PanelLayout.Lanes));
                            if (TPanel.IsNibbles)
                            {
                                Write<TPanel>(four >>> 4, scale, minimum, to + ((i + 4) * PanelLayout.Lanes));
                            }
                        }
                    }
                }

                values += 32 / groups * PanelLayout.Lanes;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Write<TPanel>(TRegister code, TRegister scale, TRegister minimum, float* to)
        where TPanel : IQuantisedPanel
    {
        code &= TRegister.Broadcast(TPanel.IsNibbles ? 15 : 255);
        TRegister signed = TRegister.SubtractInt32(code, TRegister.Broadcast(TPanel.Bias));
        TRegister value = TRegister.MultiplySingle(scale, TRegister.ToSingle(signed)); // exact
        (TPanel.HasMinimum ? TRegister.AddSingle(value, minimum) : value).Store(to);
    }
}
