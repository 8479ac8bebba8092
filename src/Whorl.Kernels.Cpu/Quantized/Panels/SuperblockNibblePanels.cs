using System.Runtime.CompilerServices;

namespace Whorl.Kernels.Cpu.Quantized.Panels;

/// <summary>
/// Q4_K: 256 columns are <c>[32]</c> f32 d, <c>[32]</c> f32 -dmin, <c>[8][32]</c> pairs of 6-bit scale and minimum in bytes, then eight blocks' codes.
/// </summary>
internal sealed unsafe class SuperblockNibblePanels : QuantisedPanels
{
    /// <summary>Where the 6-bit scales and minimums begin.</summary>
    public const int SixBitsAt = 2 * 4 * Lanes;

    /// <summary>Bytes of a block's 6-bit scales and minimums.</summary>
    public const int SixBitsBlock = 2 * Lanes;

    /// <summary>Where the codes begin.</summary>
    public const int CodesAt = SixBitsAt + (8 * SixBitsBlock);

    /// <summary>Bytes of 256 columns.</summary>
    public const int SuperblockBytes = CodesAt + (8 * NibbleBlock);

    public static SuperblockNibblePanels Instance { get; } = new();

    public override PanelKind Kind => PanelKind.SuperblockNibbles;

    public override bool HasMinimum => true;

    public override bool IsNibbles => true;

    public override int Bias => 0;

    public override long PanelBytes(int columns) => columns / 256 * (long)SuperblockBytes;

    public override byte* Codes(byte* panel, int block) => Superblock(panel, block) + CodesAt + (block % 8 * NibbleBlock);

    public override float Scale(byte* panel, int lane, int group) =>
        ((float*)Superblock(panel, group))[lane] * SixBits(panel, lane, group)[0];

    public override float Minimum(byte* panel, int lane, int group) =>
        ((float*)Superblock(panel, group))[Lanes + lane] * SixBits(panel, lane, group)[1];

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override bool TryPack(byte* source, long rowBytes, int rows, int columns, byte* panel)
    {
        for (int s = 0; s < columns / 256; s++)
        {
            for (int lane = 0; lane < rows; lane++)
            {
                byte* from = source + (lane * rowBytes) + (s * 144L);
                var d = (float*)Superblock(panel, s * 8);
                d[lane] = Widen(((ushort*)from)[0]);
                d[Lanes + lane] = -Widen(((ushort*)from)[1]);
                for (int g = 0; g < 8; g++)
                {
                    PackGroup(from, (s * 8) + g, lane, panel);
                }
            }
        }

        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void PackGroup(byte* from, int group, int lane, byte* panel)
    {
        const ulong Low = 0x0f0f_0f0f_0f0f_0f0f;
        int g = group % 8;
        (int scale, int minimum) = KBlocks.SixBits(new ReadOnlySpan<byte>(from + 4, 12), g);
        byte* six = SixBits(panel, lane, group);
        (six[0], six[1]) = ((byte)scale, (byte)minimum);
        var nibbles = (ulong*)(from + 16 + (g / 2 * 32));
        for (int word = 0; word < 4; word++)
        {
            WriteNibbles(Codes(panel, group), lane, word, (nibbles[word] >> (g % 2 * 4)) & Low);
        }
    }

    private static byte* Superblock(byte* panel, int block) => panel + (block / 8 * (long)SuperblockBytes);

    private static byte* SixBits(byte* panel, int lane, int block) => Superblock(panel, block) + SixBitsAt + (block % 8 * SixBitsBlock) + (lane * 2);
}
