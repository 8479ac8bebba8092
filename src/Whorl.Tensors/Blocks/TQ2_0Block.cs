namespace Whorl.Tensors;

/// <summary><c>u8 codes[64]; f16 d</c>: ternary codes as in <see cref="TwoBits"/>; value <c>d·(code − 1)</c>.</summary>
internal readonly struct TQ2_0Block : IBlock, IBlockDecoder, IBlockEncoder
{
    private const int ScaleAt = 64;

    public static int Elements => 256;

    public static int Bytes => 66;

    public static void Decode(ReadOnlySpan<byte> block, Span<float> values)
    {
        float scale = Half16.Read(block, ScaleAt);
        Span<byte> codes = stackalloc byte[256];
        TwoBits.Unpack(block[..ScaleAt], codes);
        for (int i = 0; i < 256; i++)
        {
            values[i] = (codes[i] - 1) * scale;
        }
    }

    public static void Encode(ReadOnlySpan<float> values, Span<byte> block)
    {
        float scale = MathF.Abs(Extremes.LargestWithSign(values));
        float inverse = scale != 0 ? 1f / scale : 0f;
        Span<byte> codes = stackalloc byte[256];
        for (int i = 0; i < 256; i++)
        {
            codes[i] = (byte)TQ1_0Block.Ternary(values[i] * inverse);
        }

        TwoBits.Pack(codes, block[..ScaleAt]);
        Half16.Write(block, ScaleAt, scale);
    }
}
