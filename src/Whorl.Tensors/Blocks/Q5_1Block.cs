using System.Runtime.CompilerServices;

namespace Whorl.Tensors;

/// <summary><c>f16 d, m</c> and 32 codes as in <see cref="FifthBits"/>; value <c>d·code + m</c>.</summary>
internal readonly struct Q5_1Block : IGroupBlock, IBlockEncoder
{
    public static int Elements => 32;

    public static int Bytes => 24;

    public static int GroupSize => 32;

    public static bool HasMinimum => true;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Decode(ReadOnlySpan<byte> block, Span<sbyte> codes, Span<float> scales, Span<float> minimums)
    {
        scales[0] = Half16.Read(block, 0);
        minimums[0] = Half16.Read(block, 2);
        FifthBits.Unpack(block[4..], codes, 0);
    }

    public static void Encode(ReadOnlySpan<float> values, Span<byte> block)
    {
        (float min, float max) = Extremes.Range(values);
        float scale = (max - min) / 31;
        float inverse = scale != 0 ? 1f / scale : 0f;
        Span<byte> codes = stackalloc byte[32];
        for (int j = 0; j < 32; j++)
        {
            codes[j] = (byte)Math.Min(31, (int)(((values[j] - min) * inverse) + 0.5f));
        }

        Half16.Write(block, 0, scale);
        Half16.Write(block, 2, min);
        FifthBits.Pack(codes, block[4..]);
    }
}
