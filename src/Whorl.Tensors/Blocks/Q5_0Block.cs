using System.Runtime.CompilerServices;

namespace Whorl.Tensors;

/// <summary><c>f16 d</c> and 32 codes as in <see cref="FifthBits"/>; value <c>d·(code − 16)</c>.</summary>
internal readonly struct Q5_0Block : IGroupBlock, IBlockEncoder
{
    public static int Elements => 32;

    public static int Bytes => 22;

    public static int GroupSize => 32;

    public static bool HasMinimum => false;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Decode(ReadOnlySpan<byte> block, Span<sbyte> codes, Span<float> scales, Span<float> minimums)
    {
        scales[0] = Half16.Read(block, 0);
        FifthBits.Unpack(block[2..], codes, 16);
    }

    public static void Encode(ReadOnlySpan<float> values, Span<byte> block)
    {
        float scale = Extremes.LargestWithSign(values) / -16;
        float inverse = scale != 0 ? 1f / scale : 0f;
        Span<byte> codes = stackalloc byte[32];
        for (int j = 0; j < 32; j++)
        {
            codes[j] = (byte)Math.Min(31, (int)((values[j] * inverse) + 16.5f));
        }

        Half16.Write(block, 0, scale);
        FifthBits.Pack(codes, block[2..]);
    }
}
