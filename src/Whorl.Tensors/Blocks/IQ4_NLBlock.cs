namespace Whorl.Tensors;

/// <summary><c>f16 d; u8 codes[16]</c>: nibbles as in <see cref="Q4_0Block"/>; value <c>d·Steps[code]</c>.</summary>
internal readonly struct IQ4_NLBlock : IBlock, IBlockDecoder
{
    /// <summary>The uneven steps of the IQ4 types.</summary>
    public static ReadOnlySpan<sbyte> Steps => [-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113];

    public static int Elements => 32;

    public static int Bytes => 18;

    public static void Decode(ReadOnlySpan<byte> block, Span<float> values) =>
        DecodeNibbles(Half16.Read(block, 0), Steps, block[2..], values);

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
