using System.Runtime.CompilerServices;

namespace Whorl.Tensors;

/// <summary>
/// The head of <see cref="SixBitScales"/> and <c>u8 codes[128]</c>: each 32 bytes hold two groups of 32, the first in the low nibbles;
/// value <c>d·scale·code − dmin·minimum</c>.
/// </summary>
internal readonly struct Q4_KBlock : IGroupBlock, IBlockEncoder
{
    public static int Elements => 256;

    public static int Bytes => 144;

    public static int GroupSize => 32;

    public static bool HasMinimum => true;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Decode(ReadOnlySpan<byte> block, Span<sbyte> codes, Span<float> scales, Span<float> minimums)
    {
        SixBitScales.Read(block, scales, minimums);
        Nibbles.UnpackRuns(block[SixBitScales.HeadBytes..], codes);
    }

    public static void Encode(ReadOnlySpan<float> values, Span<byte> block)
    {
        Span<byte> codes = stackalloc byte[256];
        SixBitScales.Quantise(values, 15, new(-1f, 0.1f, 20, false), block, codes);
        Span<byte> packed = block[SixBitScales.HeadBytes..];
        for (int i = 0; i < 128; i++)
        {
            int first = (i / 32 * 64) + (i % 32);
            packed[i] = (byte)(codes[first] | (codes[first + 32] << 4));
        }
    }
}
