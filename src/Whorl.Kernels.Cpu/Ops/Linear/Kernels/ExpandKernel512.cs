using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Whorl.Kernels.Cpu.Quantized.Panels;

namespace Whorl.Kernels.Cpu.Ops.Linear.Kernels;

/// <summary>Expands blocks of a quantised panel to float32, exactly, with 512-bit vectors.</summary>
internal static unsafe class ExpandKernel512
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
                for (int part = 0; part < 2; part++)
                {
                    PanelReader512.ReadScales<TPanel>(panel, block, group, part, out Vector512<float> scale, out Vector512<float> minimum);
                    float* to = values + (part * 16);
                    for (int word = 0; word < words; word++, to += columnsAWord * PanelLayout.Lanes)
                    {
                        Vector512<uint> four = Vector512.Load((uint*)codes + (((group * words) + word) * PanelLayout.Lanes) + (part * 16));
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
    private static void Write<TPanel>(Vector512<uint> code, Vector512<float> scale, Vector512<float> minimum, float* to)
        where TPanel : IQuantisedPanel
    {
        int bias = TPanel.IsBiased ? (TPanel.IsNibbles ? 8 : 128) : 0;
        Vector512<int> signed = (code & Vector512.Create(TPanel.IsNibbles ? 15u : 255u)).AsInt32() - Vector512.Create(bias);
        Vector512<float> value = scale * Vector512.ConvertToSingle(signed); // exact
        (TPanel.HasMinimum ? value + minimum : value).Store(to);
    }
}
