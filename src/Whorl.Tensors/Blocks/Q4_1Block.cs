using System.Runtime.CompilerServices;

namespace Whorl.Tensors;

/// <summary><c>f16 d, m; u8 codes[16]</c>: nibbles as in <see cref="Q4_0Block"/>; value <c>d·code + m</c>.</summary>
internal readonly struct Q4_1Block : IGroupBlock, IBlockEncoder
{
    public static int Elements => 32;

    public static int Bytes => 20;

    public static int GroupSize => 32;

    public static bool HasMinimum => true;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Decode(ReadOnlySpan<byte> block, Span<sbyte> codes, Span<float> scales, Span<float> minimums)
    {
        scales[0] = Half16.Read(block, 0);
        minimums[0] = Half16.Read(block, 2);
        Nibbles.Unpack(block[4..], codes, 0);
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
