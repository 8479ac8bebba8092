using System.Runtime.CompilerServices;

namespace Whorl.Kernels.Cpu.Quantized.Panels;

/// <summary>
/// Q8_0, and Q5_0 with its codes widened: two blocks at a time, <c>[32][2]</c> f16 scales, then the blocks' codes. An odd last block has no neighbour.
/// </summary>
internal sealed unsafe class BytePanels : QuantisedPanels
{
    /// <summary>Bytes of two blocks' scales.</summary>
    public const int PairScales = 4 * Lanes;

    /// <summary>Bytes of two blocks with their scales.</summary>
    public const int PairBytes = PairScales + (2 * ByteBlock);

    private readonly int _blockBytes;
    private readonly GroupForm.Decoder? _decode;

    private BytePanels(int blockBytes, GroupForm.Decoder? decode) => (_blockBytes, _decode) = (blockBytes, decode);

    public static BytePanels Q8_0 { get; } = new(34, null);

    public static BytePanels Q5_0 { get; } = new(22, LegacyBlocks.Q5_0);

    public override PanelKind Kind => PanelKind.Bytes;

    public override bool HasMinimum => false;

    public override bool IsNibbles => false;

    public override int Bias => 128;

    public override long PanelBytes(int columns) => (columns / 64 * (long)PairBytes) + (columns % 64 / 32 * (PairScales + ByteBlock));

    public override byte* Codes(byte* panel, int block) => panel + (block / 2 * (long)PairBytes) + PairScales + (block % 2 * ByteBlock);

    public override float Scale(byte* panel, int lane, int group) => Widen(*ScaleBits(panel, lane, group));

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override bool TryPack(byte* source, long rowBytes, int rows, int columns, byte* panel)
    {
        Span<sbyte> decoded = stackalloc sbyte[32];
        Span<float> unused = stackalloc float[1];
        for (int b = 0; b < columns / 32; b++)
        {
            for (int lane = 0; lane < rows; lane++)
            {
                byte* from = source + (lane * rowBytes) + (b * (long)_blockBytes);
                ushort scale = *(ushort*)from;
                if (IsNotFinite(scale))
                {
                    return false;
                }

                *ScaleBits(panel, lane, b) = scale;
                if (_decode is null)
                {
                    WriteBytes(Codes(panel, b), lane, from + 2);
                    continue;
                }

                _decode(new ReadOnlySpan<byte>(from, _blockBytes), decoded, unused, default);
                fixed (sbyte* codes = decoded)
                {
                    WriteBytes(Codes(panel, b), lane, (byte*)codes);
                }
            }
        }

        return true;
    }

    private static ushort* ScaleBits(byte* panel, int lane, int block) =>
        (ushort*)(panel + (block / 2 * (long)PairBytes)) + (lane * 2) + (block % 2);
}
