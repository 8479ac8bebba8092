using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Whorl.Tensors;

/// <summary>
/// <c>u8 scales[16]; u8 codes[64]; f16 d, dmin</c>: a group of 16 has its scale in the low and its minimum in the high nibble of one
/// byte; value <c>d·scale·code − dmin·minimum</c>. Codes lie as in <see cref="TwoBits"/>.
/// </summary>
internal readonly struct Q2_KBlock : IGroupBlock, IBlockEncoder
{
    private const int CodesAt = 16;
    private const int ScaleAt = 80;
    private const int MinAt = 82;

    public static int Elements => 256;

    public static int Bytes => 84;

    public static int GroupSize => 16;

    public static bool HasMinimum => true;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Decode(ReadOnlySpan<byte> block, Span<sbyte> codes, Span<float> scales, Span<float> minimums)
    {
        float scale = Half16.Read(block, ScaleAt), min = Half16.Read(block, MinAt);
        for (int g = 0; g < 16; g++)
        {
            scales[g] = scale * (block[g] & 15);
            minimums[g] = -(min * (block[g] >> 4));
        }

        TwoBits.Unpack(block.Slice(CodesAt, 64), MemoryMarshal.Cast<sbyte, byte>(codes));
    }

    public static void Encode(ReadOnlySpan<float> values, Span<byte> block)
    {
        Span<byte> codes = stackalloc byte[256];
        Span<float> scales = stackalloc float[16];
        Span<float> mins = stackalloc float[16];
        Span<float> weights = stackalloc float[16];
        for (int g = 0; g < 16; g++)
        {
            ReadOnlySpan<float> group = values.Slice(16 * g, 16);
            for (int i = 0; i < 16; i++)
            {
                weights[i] = MathF.Abs(group[i]);
            }

            (scales[g], mins[g]) = ScaleSearch.WithMinimum(group, weights, 3, codes.Slice(16 * g, 16), new(-0.5f, 0.1f, 15, true));
        }

        WriteScales(scales, mins, block);
        float scale = Half16.Read(block, ScaleAt);
        float min = Half16.Read(block, MinAt);
        for (int g = 0; g < 16; g++)
        {
            ScaleSearch.Requantise(
                values.Slice(16 * g, 16), scale * (block[g] & 15), min * (block[g] >> 4), 3, codes.Slice(16 * g, 16));
        }

        TwoBits.Pack(codes, block.Slice(CodesAt, 64));
    }

    private static void WriteScales(ReadOnlySpan<float> scales, ReadOnlySpan<float> mins, Span<byte> block)
    {
        float maxScale = ScaleSearch.LargestOrZero(scales);
        float maxMin = ScaleSearch.LargestOrZero(mins);
        float inverseScale = maxScale > 0 ? 15f / maxScale : 0f;
        float inverseMin = maxMin > 0 ? 15f / maxMin : 0f;
        for (int g = 0; g < 16; g++)
        {
            int low = ScaleSearch.NearestInt(inverseScale * scales[g]);
            int high = ScaleSearch.NearestInt(inverseMin * mins[g]);
            block[g] = (byte)(low | (high << 4));
        }

        Half16.Write(block, ScaleAt, maxScale / 15f);
        Half16.Write(block, MinAt, maxMin / 15f);
    }
}
