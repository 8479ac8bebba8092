using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Whorl.Kernels.Cpu.Lanes;

namespace Whorl.Kernels.Cpu.Quantized.Panels;

/// <summary>IEEE binary16: <c>[columns / 2][32][2]</c>; holds finite values, because the kernels widen by shifting the bits.</summary>
internal readonly unsafe struct F16Panel : IFloatPanel
{
    public static int PairBytes => 4 * PanelLayout.Lanes;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void ReadPair<TRegister>(byte* pair, int part, out TRegister even, out TRegister odd)
        where TRegister : unmanaged, IRegister<TRegister>
    {
        TRegister bits = TRegister.Load((int*)pair + (part * TRegister.Lanes));
        even = FiniteHalf.WidenHigh(bits << 16);
        odd = FiniteHalf.WidenHigh(bits);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static bool TryPack(byte* source, long rowBytes, int rows, int columns, byte* panel)
    {
        for (int lane = 0; lane < rows; lane++)
        {
            if (HasNotFinite((ushort*)(source + (lane * rowBytes)), columns))
            {
                return false;
            }
        }

        Words.InterleaveHalves(source, rowBytes, rows, columns, (uint*)panel);
        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool HasNotFinite(ushort* row, int columns)
    {
        int k = 0;
        Vector128<ushort> largest = default;
        for (; k + 8 <= columns; k += 8)
        {
            largest = Vector128.Max(largest, Vector128.Load(row + k) & Vector128.Create((ushort)0x7fff));
        }

        bool found = Vector128.GreaterThanOrEqualAny(largest, Vector128.Create((ushort)0x7c00));
        for (; k < columns; k++)
        {
            found |= !FiniteHalf.Is(row[k]);
        }

        return found;
    }
}
