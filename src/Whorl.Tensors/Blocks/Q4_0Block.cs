using System.Runtime.CompilerServices;

namespace Whorl.Tensors;

/// <summary>
/// <c>f16 d; u8 codes[16]</c>: element j is the low nibble of byte j, element j+16 its high nibble; value <c>d·(code − 8)</c>.
/// </summary>
internal readonly struct Q4_0Block : IGroupBlock, IBlockEncoder
{
    public static int Elements => 32;

    public static int Bytes => 18;

    public static int GroupSize => 32;

    public static bool HasMinimum => false;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Decode(ReadOnlySpan<byte> block, Span<sbyte> codes, Span<float> scales, Span<float> minimums)
    {
        scales[0] = Half16.Read(block, 0);
        Nibbles.Unpack(block[2..], codes, 8);
    }

    public static void Encode(ReadOnlySpan<float> values, Span<byte> block)
    {
        float scale = Extremes.LargestWithSign(values) / -8;
        float inverse = scale != 0 ? 1f / scale : 0f;
        Half16.Write(block, 0, scale);
        for (int j = 0; j < 16; j++)
        {
            int low = Math.Min(15, (int)((values[j] * inverse) + 8.5f));
            int high = Math.Min(15, (int)((values[j + 16] * inverse) + 8.5f));
            block[2 + j] = (byte)(low | (high << 4));
        }
    }
}
