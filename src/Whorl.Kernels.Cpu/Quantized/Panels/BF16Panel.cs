using System.Runtime.CompilerServices;
using Whorl.Kernels.Cpu.Lanes;

namespace Whorl.Kernels.Cpu.Quantized.Panels;

/// <summary>bfloat16: <c>[columns / 2][32][2]</c>.</summary>
internal readonly unsafe struct BF16Panel : IFloatPanel
{
    public static int PairBytes => 4 * PanelLayout.Lanes;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void ReadPair<TRegister>(byte* pair, int part, out TRegister even, out TRegister odd)
        where TRegister : unmanaged, IRegister<TRegister>
    {
        TRegister bits = TRegister.Load((int*)pair + (part * TRegister.Lanes));
        even = bits << 16;
        odd = bits & TRegister.Broadcast(unchecked((int)0xffff_0000));
    }

    public static bool TryPack(byte* source, long rowBytes, int rows, int columns, byte* panel)
    {
        Words.InterleaveHalves(source, rowBytes, rows, columns, (uint*)panel);
        return true;
    }
}
