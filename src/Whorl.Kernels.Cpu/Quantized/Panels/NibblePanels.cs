using System.Runtime.CompilerServices;

namespace Whorl.Kernels.Cpu.Quantized.Panels;

/// <summary>Q4_0: two blocks at a time, <c>[32][2]</c> f16 scales, then the blocks' codes. An odd last block has no neighbour.</summary>
internal sealed unsafe class NibblePanels : QuantisedPanels
{
    /// <summary>Bytes of two blocks' scales.</summary>
    public const int PairScales = 4 * Lanes;

    /// <summary>Bytes of two blocks with their scales.</summary>
    public const int PairBytes = PairScales + (2 * NibbleBlock);

    public static NibblePanels Instance { get; } = new();

    public override PanelKind Kind => PanelKind.Nibbles;

    public override bool HasMinimum => false;

    public override bool IsNibbles => true;

    public override int Bias => 8;

    public override long PanelBytes(int columns) => (columns / 64 * (long)PairBytes) + (columns % 64 / 32 * (PairScales + NibbleBlock));

    public override byte* Codes(byte* panel, int block) => panel + (block / 2 * (long)PairBytes) + PairScales + (block % 2 * NibbleBlock);

    public override float Scale(byte* panel, int lane, int group) => Widen(*ScaleBits(panel, lane, group));

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override bool TryPack(byte* source, long rowBytes, int rows, int columns, byte* panel)
    {
        const ulong Low = 0x0f0f_0f0f_0f0f_0f0f;
        for (int b = 0; b < columns / 32; b++)
        {
            byte* codes = Codes(panel, b);
            for (int lane = 0; lane < rows; lane++)
            {
                byte* from = source + (lane * rowBytes) + (b * 18L);
                ushort scale = *(ushort*)from;
                if (IsNotFinite(scale))
                {
                    return false;
                }

                *ScaleBits(panel, lane, b) = scale;
                ulong first = *(ulong*)(from + 2), second = *(ulong*)(from + 10);
                WriteNibbles(codes, lane, 0, first & Low);
                WriteNibbles(codes, lane, 1, second & Low);
                WriteNibbles(codes, lane, 2, (first >> 4) & Low);
                WriteNibbles(codes, lane, 3, (second >> 4) & Low);
            }
        }

        return true;
    }

    private static ushort* ScaleBits(byte* panel, int lane, int block) => (ushort*)(panel + (block / 2 * (long)PairBytes)) + (lane * 2) + (block % 2);
}
