using System.Buffers.Binary;

namespace Whorl.Tensors;

/// <summary>
/// <c>f16 d; u16 high; u8 low[4]; u8 codes[128]</c>: groups of 32 with 6-bit scales (nibble g of <c>low</c>, bit pair g of <c>high</c>),
/// nibbles of a group as in <see cref="Q4_0Block"/>; value <c>d·(scale − 32)·Steps[code]</c>.
/// </summary>
internal readonly struct IQ4_XSBlock : IBlock, IBlockDecoder
{
    public static int Elements => 256;

    public static int Bytes => 136;

    public static void Decode(ReadOnlySpan<byte> block, Span<float> values)
    {
        float scale = Half16.Read(block, 0);
        int high = BinaryPrimitives.ReadUInt16LittleEndian(block[2..]);
        for (int g = 0; g < 8; g++)
        {
            int groupScale = ((block[4 + (g / 2)] >> (g % 2 * 4)) & 15) | (((high >> (2 * g)) & 3) << 4);
            IQ4_NLBlock.DecodeNibbles(
                scale * (groupScale - 32), IQ4_NLBlock.Steps, block.Slice(8 + (16 * g), 16), values.Slice(32 * g, 32));
        }
    }
}
