using System.Runtime.CompilerServices;
using Whorl.Kernels.Cpu.Lanes;
using Whorl.Tensors;

namespace Whorl.Kernels.Cpu.Quantized.Panels;

/// <summary>Q4_1: a block is <c>[32]</c> pairs of f16 scale and minimum, then the codes.</summary>
internal readonly unsafe struct NibbleMinimumPanel : IQuantisedPanel
{
    private const int BlockBytes = (4 * PanelLayout.Lanes) + QuantisedPanels.NibbleBlock;

    public static bool IsNibbles => true;

    public static bool HalfGroups => false;

    public static bool HasMinimum => true;

    public static int Bias => 0;

    public static int FieldBytes => 4 * PanelLayout.Lanes;

    public static int BlocksAField => 1;

    public static long PanelBytes(int columns) => columns / 32 * (long)BlockBytes;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte* Codes(byte* panel, int block) => Fields(panel, block, 0) + FieldBytes;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte* Fields(byte* panel, int block, int group) => panel + ((nint)block * BlockBytes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void ReadScales<TRegister>(byte* panel, int block, int group, int part, out TRegister scale, out TRegister minimum)
        where TRegister : unmanaged, IRegister<TRegister>
    {
        TRegister pair = TRegister.Load((int*)Fields(panel, block, group) + (part * TRegister.Lanes));
        scale = FiniteHalf.WidenHigh(pair << 16);
        minimum = FiniteHalf.WidenHigh(pair);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static bool TryPack(BlockGroups groups, byte* source, long rowBytes, int rows, int columns, byte* panel)
    {
        for (int b = 0; b < columns / 32; b++)
        {
            byte* codes = Codes(panel, b);
            for (int lane = 0; lane < rows; lane++)
            {
                byte* from = source + (lane * rowBytes) + (b * 20L);
                ushort scale = ((ushort*)from)[0], minimum = ((ushort*)from)[1];
                if (!FiniteHalf.Is(scale) || !FiniteHalf.Is(minimum))
                {
                    return false;
                }

                ((uint*)Fields(panel, b, 0))[lane] = scale | ((uint)minimum << 16);
                PanelCodes.WriteNibbles(codes, lane, from + 4);
            }
        }

        return true;
    }
}
