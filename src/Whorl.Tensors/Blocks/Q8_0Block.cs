namespace Whorl.Tensors;

/// <summary><c>f16 d; i8 codes[32]</c>; value <c>d·code</c>.</summary>
internal readonly struct Q8_0Block : IBlock, IBlockDecoder, IBlockEncoder
{
    public static int Elements => 32;

    public static int Bytes => 34;

    public static void Decode(ReadOnlySpan<byte> block, Span<float> values)
    {
        float scale = Half16.Read(block, 0);
        for (int j = 0; j < 32; j++)
        {
            values[j] = (sbyte)block[2 + j] * scale;
        }
    }

    public static void Encode(ReadOnlySpan<float> values, Span<byte> block)
    {
        float scale = MathF.Abs(Extremes.LargestWithSign(values)) / 127;
        float inverse = scale != 0 ? 1f / scale : 0f;
        Half16.Write(block, 0, scale);
        for (int j = 0; j < 32; j++)
        {
            block[2 + j] = (byte)(sbyte)MathF.Round(values[j] * inverse, MidpointRounding.AwayFromZero);
        }
    }
}
