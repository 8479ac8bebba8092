using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Whorl.Tensors;

/// <summary>
/// <c>u8 low[128]; u8 high[64]; i8 scales[16]; f16 d</c>: of 128 elements, nibbles of elements l and l+64 share byte l (l below 64), the
/// upper 2 bits lie as in <see cref="TwoBits"/>; groups of 16; value <c>d·scale·(code − 32)</c>.
/// </summary>
internal readonly struct Q6_KBlock : IGroupBlock, IBlockEncoder
{
    private const int HighAt = 128;
    private const int ScalesAt = 192;
    private const int ScaleAt = 208;

    public static int Elements => 256;

    public static int Bytes => 210;

    public static int GroupSize => 16;

    public static bool HasMinimum => false;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Decode(ReadOnlySpan<byte> block, Span<sbyte> codes, Span<float> scales, Span<float> minimums)
    {
        float scale = Half16.Read(block, ScaleAt);
        for (int g = 0; g < 16; g++)
        {
            scales[g] = scale * (sbyte)block[ScalesAt + g];
        }

        TwoBits.Unpack(block.Slice(HighAt, 64), MemoryMarshal.Cast<sbyte, byte>(codes));
        for (int run = 0; run < 8; run++) // of 32
        {
            ReadOnlySpan<byte> low = block.Slice(LowByteOf(run * 32), 32);
            int shift = LowShiftOf(run * 32);
            Span<sbyte> to = codes.Slice(run * 32, 32);
            for (int i = 0; i < to.Length; i++)
            {
                to[i] = (sbyte)((((low[i] >> shift) & 15) | (to[i] << 4)) - 32);
            }
        }
    }

    public static void Encode(ReadOnlySpan<float> values, Span<byte> block)
    {
        Span<byte> codes = stackalloc byte[256];
        Span<float> scales = stackalloc float[16];
        for (int g = 0; g < 16; g++)
        {
            scales[g] = ScaleSearch.Symmetric(values.Slice(16 * g, 16), 32, codes.Slice(16 * g, 16));
        }

        block.Clear();
        float largest = Extremes.LargestWithSign(scales);
        if (MathF.Abs(largest) < ScaleSearch.Negligible)
        {
            return;
        }

        float inverse = -128f / largest;
        Half16.Write(block, ScaleAt, 1 / inverse);
        float scale = Half16.Read(block, ScaleAt);
        for (int g = 0; g < 16; g++)
        {
            sbyte stored = (sbyte)Math.Min(127, ScaleSearch.NearestInt(inverse * scales[g]));
            block[ScalesAt + g] = (byte)stored;
            ScaleSearch.RequantiseSymmetric(values.Slice(16 * g, 16), scale * stored, 32, codes.Slice(16 * g, 16));
        }

        Span<byte> high = stackalloc byte[256];
        for (int i = 0; i < 256; i++)
        {
            block[LowByteOf(i)] |= (byte)((codes[i] & 15) << LowShiftOf(i));
            high[i] = (byte)(codes[i] >> 4);
        }

        TwoBits.Pack(high, block.Slice(HighAt, 64));
    }

    private static int LowByteOf(int element) => (element / 128 * 64) + (element % 64);

    private static int LowShiftOf(int element) => element % 128 / 64 * 4;
}
