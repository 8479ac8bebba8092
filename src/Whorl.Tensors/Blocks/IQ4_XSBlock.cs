using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace Whorl.Tensors;

/// <summary>
/// <c>f16 d; u16 high; u8 low[4]; u8 codes[128]</c>: groups of 32 with 6-bit scales (nibble g of <c>low</c>, bit pair g of <c>high</c>),
/// nibbles of a group as in <see cref="Q4_0Block"/>; value <c>d·(scale − 32)·step[code]</c>, <see cref="UnevenSteps"/>.
/// </summary>
internal readonly struct IQ4_XSBlock : IGroupBlock, IBlockEncoder
{
    private const int HighAt = 2;
    private const int LowAt = 4;
    private const int CodesAt = 8;

    public static int Elements => 256;

    public static int Bytes => 136;

    public static int GroupSize => 32;

    public static bool HasMinimum => false;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Decode(ReadOnlySpan<byte> block, Span<sbyte> codes, Span<float> scales, Span<float> minimums)
    {
        float scale = Half16.Read(block, 0);
        int high = BinaryPrimitives.ReadUInt16LittleEndian(block[HighAt..]);
        for (int g = 0; g < 8; g++)
        {
            int groupScale = ((block[LowAt + (g / 2)] >> (g % 2 * 4)) & 15) | (((high >> (2 * g)) & 3) << 4);
            scales[g] = scale * (groupScale - 32);
            Nibbles.LookUp(UnevenSteps.Values, block.Slice(CodesAt + (16 * g), 16), codes.Slice(32 * g, 32));
        }
    }

    public static void Encode(ReadOnlySpan<float> values, Span<byte> block)
    {
        Span<float> scales = stackalloc float[8];
        for (int g = 0; g < 8; g++)
        {
            scales[g] = UnevenSteps.FindScale(values.Slice(32 * g, 32));
        }

        // Codes are computed with the scale before it is rounded to f16.
        float scale = -Extremes.LargestWithSign(scales) / 32;
        float inverse = scale != 0 ? 1 / scale : 0;
        Span<byte> codes = stackalloc byte[32];
        int high = 0;
        block.Clear();
        for (int g = 0; g < 8; g++)
        {
            int rounded = Math.Clamp(ScaleSearch.NearestInt(inverse * scales[g]), -32, 31);
            float groupScale = scale * rounded;
            UnevenSteps.Round(values.Slice(32 * g, 32), groupScale != 0 ? 1 / groupScale : 0, codes);
            UnevenSteps.PackNibbles(codes, block.Slice(CodesAt + (16 * g), 16));
            block[LowAt + (g / 2)] |= (byte)(((rounded + 32) & 15) << (g % 2 * 4));
            high |= ((rounded + 32) >> 4) << (2 * g);
        }

        Half16.Write(block, 0, scale);
        BinaryPrimitives.WriteUInt16LittleEndian(block[HighAt..], (ushort)high);
    }
}
