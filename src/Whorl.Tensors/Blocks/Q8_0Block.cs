using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Whorl.Tensors;

/// <summary><c>f16 d; i8 codes[32]</c>; value <c>d·code</c>.</summary>
internal readonly struct Q8_0Block : IGroupBlock, IBlockEncoder
{
    public static int Elements => 32;

    public static int Bytes => 34;

    public static int GroupSize => 32;

    public static bool HasMinimum => false;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Decode(ReadOnlySpan<byte> block, Span<sbyte> codes, Span<float> scales, Span<float> minimums)
    {
        scales[0] = Half16.Read(block, 0);
        MemoryMarshal.Cast<byte, sbyte>(block[2..]).CopyTo(codes);
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
