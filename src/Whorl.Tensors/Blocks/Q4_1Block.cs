namespace Whorl.Tensors;

/// <summary><c>f16 d, m; u8 codes[16]</c>: nibbles as in <see cref="Q4_0Block"/>; value <c>d·code + m</c>.</summary>
internal readonly struct Q4_1Block : IBlock, IBlockDecoder, IBlockEncoder
{
    public static int Elements => 32;

    public static int Bytes => 20;

    public static void Decode(ReadOnlySpan<byte> block, Span<float> values)
    {
        float scale = Half16.Read(block, 0);
        float min = Half16.Read(block, 2);
        for (int j = 0; j < 16; j++)
        {
            values[j] = ((block[4 + j] & 15) * scale) + min;
            values[j + 16] = ((block[4 + j] >> 4) * scale) + min;
        }
    }

    public static void Encode(ReadOnlySpan<float> values, Span<byte> block)
    {
        (float min, float max) = Extremes.Range(values);
        float scale = (max - min) / 15;
        float inverse = scale != 0 ? 1f / scale : 0f;
        Half16.Write(block, 0, scale);
        Half16.Write(block, 2, min);
        for (int j = 0; j < 16; j++)
        {
            int low = Math.Min(15, (int)(((values[j] - min) * inverse) + 0.5f));
            int high = Math.Min(15, (int)(((values[j + 16] - min) * inverse) + 0.5f));
            block[4 + j] = (byte)(low | (high << 4));
        }
    }
}
