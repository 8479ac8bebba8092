namespace Whorl.Tensors;

/// <summary>
/// <c>u8 five[48]; u8 four[4]; f16 d</c>: a byte holds five (the last four bytes: four) ternary digits as a fraction of 256, the first
/// element's digit first. Value <c>d·(digit − 1)</c>. Elements 0 to 159 lie in bytes 0 to 31 (element 32n+m is digit n of byte m), 160 to
/// 239 in bytes 32 to 47 (by 16), the last 16 in bytes 48 to 51 (by 4).
/// </summary>
internal readonly struct TQ1_0Block : IBlock, IBlockDecoder, IBlockEncoder
{
    private const int ScaleAt = 52;

    private static ReadOnlySpan<byte> PowersOf3 => [1, 3, 9, 27, 81];

    public static int Elements => 256;

    public static int Bytes => 54;

    public static void Decode(ReadOnlySpan<byte> block, Span<float> values)
    {
        float scale = Half16.Read(block, ScaleAt);
        for (int i = 0; i < 256; i++)
        {
            (int at, int digit) = PlaceOf(i);
            byte fraction = (byte)(block[at] * PowersOf3[digit]);
            values[i] = (((fraction * 3) >> 8) - 1) * scale;
        }
    }

    public static void Encode(ReadOnlySpan<float> values, Span<byte> block)
    {
        float scale = MathF.Abs(Extremes.LargestWithSign(values));
        float inverse = scale != 0 ? 1f / scale : 0f;
        Span<int> numbers = stackalloc int[52];
        numbers.Clear();
        for (int i = 0; i < 256; i++)
        {
            // Digit n of five has the weight 3^(4-n); a byte of four digits is filled up with a 0 at the end.
            (int at, int digit) = PlaceOf(i);
            numbers[at] += Ternary(values[i] * inverse) * PowersOf3[4 - digit];
        }

        for (int at = 0; at < 52; at++)
        {
            block[at] = (byte)(((numbers[at] * 256) + 242) / 243);
        }

        Half16.Write(block, ScaleAt, scale);
    }

    /// <summary>0, 1 or 2 for a value from -1 to 1, halves away from zero.</summary>
    public static int Ternary(float value) => (int)MathF.Round(value, MidpointRounding.AwayFromZero) + 1;

    private static (int Byte, int Digit) PlaceOf(int element) => element switch
    {
        < 160 => (element % 32, element / 32),
        < 240 => (32 + ((element - 160) % 16), (element - 160) / 16),
        _ => (48 + ((element - 240) % 4), (element - 240) / 4),
    };
}
