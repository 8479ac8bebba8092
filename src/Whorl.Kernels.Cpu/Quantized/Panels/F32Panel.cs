using System.Runtime.CompilerServices;
using Whorl.Kernels.Cpu.Lanes;

namespace Whorl.Kernels.Cpu.Quantized.Panels;

/// <summary>float32: <c>[columns][32]</c>.</summary>
internal readonly unsafe struct F32Panel : IFloatPanel
{
    public static int PairBytes => 8 * PanelLayout.Lanes;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void ReadPair<TRegister>(byte* pair, int part, out TRegister even, out TRegister odd)
        where TRegister : unmanaged, IRegister<TRegister>
    {
        even = TRegister.Load((float*)pair + (part * TRegister.Lanes));
        odd = TRegister.Load((float*)pair + PanelLayout.Lanes + (part * TRegister.Lanes));
    }

    public static bool TryPack(byte* source, long rowBytes, int rows, int columns, byte* panel)
    {
        Words.Interleave(source, rowBytes, rows, columns, (uint*)panel);
        return true;
    }
}
