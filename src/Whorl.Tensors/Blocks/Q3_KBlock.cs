using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Whorl.Tensors;

/// <summary>
/// <c>u8 high[32]; u8 low[64]; u8 scales[12]; f16 d</c>: a code is 2 bits as in <see cref="TwoBits"/> and a third, bit i/32 of byte i%32
/// of <c>high</c>; groups of 16 with 6-bit scales; value <c>d·(scale − 32)·(code − 4)</c>.
/// </summary>
internal readonly struct Q3_KBlock : IGroupBlock, IBlockEncoder
{
    private const int LowAt = 32;
    private const int ScalesAt = 96;
    private const int ScaleAt = 108;

    public static int Elements => 256;

    public static int Bytes => 110;

    public static int GroupSize => 16;

    public static bool HasMinimum => false;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Decode(ReadOnlySpan<byte> block, Span<sbyte> codes, Span<float> scales, Span<float> minimums)
    {
        float scale = Half16.Read(block, ScaleAt);
        for (int g = 0; g < 16; g++)
        {
            scales[g] = scale * ReadScale(block, g);
        }

        TwoBits.Unpack(block.Slice(LowAt, 64), MemoryMarshal.Cast<sbyte, byte>(codes));
        for (int run = 0; run < 8; run++)
        {
            Span<sbyte> to = codes.Slice(run * 32, 32);
            for (int i = 0; i < to.Length; i++)
            {
                to[i] += (sbyte)((((block[i] >> run) & 1) << 2) - 4);
            }
        }
    }

    public static void Encode(ReadOnlySpan<float> values, Span<byte> block)
    {
        Span<byte> codes = stackalloc byte[256];
        Span<float> scales = stackalloc float[16];
        for (int g = 0; g < 16; g++)
        {
            scales[g] = ScaleSearch.SymmetricByDescent(values.Slice(16 * g, 16), 4, codes.Slice(16 * g, 16));
        }

        block.Clear();
        float largest = Extremes.LargestWithSign(scales);
        if (largest != 0)
        {
            float inverse = -32f / largest;
            for (int g = 0; g < 16; g++)
            {
                WriteScale(block, g, Math.Clamp(ScaleSearch.NearestInt(inverse * scales[g]), -32, 31) + 32);
            }

            Half16.Write(block, ScaleAt, 1 / inverse);
        }

        float scale = Half16.Read(block, ScaleAt);
        for (int g = 0; g < 16; g++)
        {
            ScaleSearch.RequantiseSymmetric(values.Slice(16 * g, 16), scale * ReadScale(block, g), 4, codes.Slice(16 * g, 16));
        }

        TwoBits.Pack(codes, block.Slice(LowAt, 64));
        for (int i = 0; i < 256; i++)
        {
            block[i % 32] |= (byte)((codes[i] >> 2) << (i / 32));
        }
    }

    /// <summary>
    /// The scale less 32: its low 4 bits are in bytes 0 to 7 (groups 8 to 15 in the high nibbles), its upper 2 in bytes 8 to 11.
    /// </summary>
    private static int ReadScale(ReadOnlySpan<byte> block, int group)
    {
        ReadOnlySpan<byte> packed = block.Slice(ScalesAt, 12);
        int low = (packed[group % 8] >> (group / 8 * 4)) & 15;
        int high = (packed[8 + (group % 4)] >> (group / 4 * 2)) & 3;
        return (low | (high << 4)) - 32;
    }

    private static void WriteScale(Span<byte> block, int group, int scale)
    {
        Span<byte> packed = block.Slice(ScalesAt, 12);
        packed[group % 8] |= (byte)((scale & 15) << (group / 8 * 4));
        packed[8 + (group % 4)] |= (byte)((scale >> 4) << (group / 4 * 2));
    }
}
