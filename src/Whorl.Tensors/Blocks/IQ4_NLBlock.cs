using System.Runtime.CompilerServices;

namespace Whorl.Tensors;

/// <summary>
/// <c>f16 d; u8 codes[16]</c>: nibbles as in <see cref="Q4_0Block"/>; value <c>d·step[code]</c>, <see cref="UnevenSteps"/>.
/// </summary>
internal readonly struct IQ4_NLBlock : IGroupBlock, IBlockEncoder
{
    public static int Elements => 32;

    public static int Bytes => 18;

    public static int GroupSize => 32;

    public static bool HasMinimum => false;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Decode(ReadOnlySpan<byte> block, Span<sbyte> codes, Span<float> scales, Span<float> minimums)
    {
        scales[0] = Half16.Read(block, 0);
        Nibbles.LookUp(UnevenSteps.Values, block[2..], codes);
    }

    public static void Encode(ReadOnlySpan<float> values, Span<byte> block)
    {
        float scale = UnevenSteps.FindScale(values);
        Span<byte> codes = stackalloc byte[32];
        UnevenSteps.Round(values, scale != 0 ? 1 / scale : 0, codes);
        Half16.Write(block, 0, scale);
        UnevenSteps.PackNibbles(codes, block[2..]);
    }
}
