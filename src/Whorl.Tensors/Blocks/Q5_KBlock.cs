using System.Runtime.CompilerServices;

namespace Whorl.Tensors;

/// <summary>
/// The head of <see cref="SixBitScales"/>, <c>u8 high[32]; u8 low[128]</c>: nibbles as in <see cref="Q4_KBlock"/>, the fifth bit of
/// element l of group g is bit g of byte l; value <c>d·scale·code − dmin·minimum</c>.
/// </summary>
internal readonly struct Q5_KBlock : IGroupBlock, IBlockEncoder
{
    private const int LowAt = SixBitScales.HeadBytes + 32;

    public static int Elements => 256;

    public static int Bytes => 176;

    public static int GroupSize => 32;

    public static bool HasMinimum => true;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Decode(ReadOnlySpan<byte> block, Span<sbyte> codes, Span<float> scales, Span<float> minimums)
    {
        SixBitScales.Read(block, scales, minimums);
        Nibbles.UnpackRuns(block[LowAt..], codes);
        ReadOnlySpan<byte> high = block[SixBitScales.HeadBytes..LowAt];
        for (int g = 0; g < 8; g++)
        {
            Span<sbyte> to = codes.Slice(32 * g, 32);
            for (int l = 0; l < to.Length; l++)
            {
                to[l] |= (sbyte)(((high[l] >> g) & 1) << 4);
            }
        }
    }

    public static void Encode(ReadOnlySpan<float> values, Span<byte> block)
    {
        Span<byte> codes = stackalloc byte[256];
        SixBitScales.Quantise(values, 31, new(-0.5f, 0.1f, 15, false), block, codes);
        block[SixBitScales.HeadBytes..].Clear();
        for (int i = 0; i < 256; i++)
        {
            int group = i / 32;
            block[LowAt + (group / 2 * 32) + (i % 32)] |= (byte)((codes[i] & 15) << (group % 2 * 4));
            block[SixBitScales.HeadBytes + (i % 32)] |= (byte)((codes[i] >> 4) << group);
        }
    }
}
