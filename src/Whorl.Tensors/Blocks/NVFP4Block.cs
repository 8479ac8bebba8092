namespace Whorl.Tensors;

/// <summary>
/// <c>u8 scales[4]; u8 codes[32]</c>: groups of 16 with an unsigned e4m3 float as scale, in a group nibbles as in
/// <see cref="Q4_0Block"/>, each an e2m1 float; value <c>scale/2·Doubled[code]</c>.
/// </summary>
internal readonly struct NVFP4Block : IBlock, IBlockDecoder
{
    public static int Elements => 64;

    public static int Bytes => 36;

    public static void Decode(ReadOnlySpan<byte> block, Span<float> values)
    {
        Span<sbyte> codes = stackalloc sbyte[16];
        for (int g = 0; g < 4; g++)
        {
            Nibbles.LookUp(MXFP4Block.Doubled, block.Slice(4 + (8 * g), 8), codes);
            BlockGroups.Expand(codes, HalfScale(block[g]), null, values.Slice(16 * g, 16));
        }
    }

    /// <summary>Half the e4m3 value, because the table is doubled; the NaN code counts as 0 and the sign bit is not looked at.</summary>
    private static float HalfScale(byte code)
    {
        if (code == 0x7F)
        {
            return 0;
        }

        int exponent = (code >> 3) & 15;
        int mantissa = code & 7;
        return exponent == 0 ? MathF.ScaleB(mantissa, -10) : MathF.ScaleB(8 + mantissa, exponent - 11);
    }
}
