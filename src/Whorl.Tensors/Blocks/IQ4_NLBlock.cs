namespace Whorl.Tensors;

/// <summary>
/// <c>f16 d; u8 codes[16]</c>: nibbles as in <see cref="Q4_0Block"/>; value <c>d·step[code]</c>, <see cref="UnevenSteps"/>.
/// </summary>
internal readonly struct IQ4_NLBlock : IBlock, IBlockDecoder, IBlockEncoder
{
    public static int Elements => 32;

    public static int Bytes => 18;

    public static void Decode(ReadOnlySpan<byte> block, Span<float> values) =>
        DecodeNibbles(Half16.Read(block, 0), UnevenSteps.Values, block[2..], values);

    public static void Encode(ReadOnlySpan<float> values, Span<byte> block)
    {
        float scale = UnevenSteps.FindScale(values);
        Span<byte> codes = stackalloc byte[32];
        UnevenSteps.Round(values, scale != 0 ? 1 / scale : 0, codes);
        Half16.Write(block, 0, scale);
        UnevenSteps.PackNibbles(codes, block[2..]);
    }

    /// <summary>
    /// Half as many bytes as values: element j is the low nibble of byte j, the second half of the elements the high nibbles.
    /// </summary>
    public static void DecodeNibbles(float scale, ReadOnlySpan<sbyte> steps, ReadOnlySpan<byte> nibbles, Span<float> values)
    {
        int half = values.Length / 2;
        for (int j = 0; j < half; j++)
        {
            values[j] = scale * steps[nibbles[j] & 15];
            values[j + half] = scale * steps[nibbles[j] >> 4];
        }
    }
}
