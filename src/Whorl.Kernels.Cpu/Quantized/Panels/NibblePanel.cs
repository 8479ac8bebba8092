using System.Runtime.CompilerServices;
using Whorl.Kernels.Cpu.Lanes;
using Whorl.Tensors;

namespace Whorl.Kernels.Cpu.Quantized.Panels;

/// <summary>Q4_0: two blocks at a time, <c>[32][2]</c> f16 scales, then the blocks' codes. An odd last block has no neighbour.</summary>
internal readonly unsafe struct NibblePanel : IQuantisedPanel
{
    private const int PairBytes = PairedScales.Bytes + (2 * QuantisedPanels.NibbleBlock);

    public static bool IsNibbles => true;

    public static bool HalfGroups => false;

    public static bool HasMinimum => false;

    public static int Bias => 8;

    public static int FieldBytes => PairedScales.Bytes / 2;

    public static int BlocksAField => 2;

    public static long PanelBytes(int columns) =>
        (columns / 64 * (long)PairBytes) + (columns % 64 / 32 * (PairedScales.Bytes + QuantisedPanels.NibbleBlock));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte* Codes(byte* panel, int block) =>
        Fields(panel, block, 0) + PairedScales.Bytes + ((block & 1) * QuantisedPanels.NibbleBlock);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte* Fields(byte* panel, int block, int group) => panel + ((nint)(block >> 1) * PairBytes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void ReadScales<TRegister>(byte* panel, int block, int group, int part, out TRegister scale, out TRegister minimum)
        where TRegister : unmanaged, IRegister<TRegister>
    {
        scale = PairedScales.Read<TRegister>(Fields(panel, block, group), block, part);
        minimum = default;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static bool TryPack(BlockGroups groups, byte* source, long rowBytes, int rows, int columns, byte* panel)
    {
        for (int b = 0; b < columns / 32; b++)
        {
            byte* codes = Codes(panel, b);
            for (int lane = 0; lane < rows; lane++)
            {
                byte* from = source + (lane * rowBytes) + (b * 18L);
                if (!PairedScales.TryWrite(Fields(panel, b, 0), b, lane, *(ushort*)from))
                {
                    return false;
                }

                PanelCodes.WriteNibbles(codes, lane, from + 2);
            }
        }

        return true;
    }
}
