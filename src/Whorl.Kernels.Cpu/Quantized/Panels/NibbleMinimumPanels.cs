using System.Runtime.CompilerServices;

namespace Whorl.Kernels.Cpu.Quantized.Panels;

/// <summary>Q4_1: a block is <c>[32]</c> pairs of f16 scale and minimum, then the codes.</summary>
internal sealed unsafe class NibbleMinimumPanels : QuantisedPanels
{
    /// <summary>Bytes of a block's scales and minimums.</summary>
    public const int BlockScales = 4 * Lanes;

    /// <summary>Bytes of a block.</summary>
    public const int BlockBytes = BlockScales + NibbleBlock;

    public static NibbleMinimumPanels Instance { get; } = new();

    public override PanelKind Kind => PanelKind.NibbleMinimums;

    public override bool HasMinimum => true;

    public override bool IsNibbles => true;

    public override int Bias => 0;

    public override long PanelBytes(int columns) => columns / 32 * (long)BlockBytes;

    public override byte* Codes(byte* panel, int block) => panel + ((long)block * BlockBytes) + BlockScales;

    public override float Scale(byte* panel, int lane, int group) => Widen(Pair(panel, lane, group)[0]);

    public override float Minimum(byte* panel, int lane, int group) => Widen(Pair(panel, lane, group)[1]);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override bool TryPack(byte* source, long rowBytes, int rows, int columns, byte* panel)
    {
        const ulong Low = 0x0f0f_0f0f_0f0f_0f0f;
        for (int b = 0; b < columns / 32; b++)
        {
            byte* codes = Codes(panel, b);
            for (int lane = 0; lane < rows; lane++)
            {
                byte* from = source + (lane * rowBytes) + (b * 20L);
                ushort* pair = Pair(panel, lane, b);
                (pair[0], pair[1]) = (((ushort*)from)[0], ((ushort*)from)[1]);
                if (IsNotFinite(pair[0]) || IsNotFinite(pair[1]))
                {
                    return false;
                }

                ulong first = *(ulong*)(from + 4), second = *(ulong*)(from + 12);
                WriteNibbles(codes, lane, 0, first & Low);
                WriteNibbles(codes, lane, 1, second & Low);
                WriteNibbles(codes, lane, 2, (first >> 4) & Low);
                WriteNibbles(codes, lane, 3, (second >> 4) & Low);
            }
        }

        return true;
    }

    private static ushort* Pair(byte* panel, int lane, int block) => (ushort*)(panel + ((long)block * BlockBytes)) + (lane * 2);
}
