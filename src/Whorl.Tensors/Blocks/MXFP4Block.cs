using System.Runtime.CompilerServices;

namespace Whorl.Tensors;

/// <summary>
/// <c>u8 e; u8 codes[16]</c>: nibbles as in <see cref="Q4_0Block"/>, each an e2m1 float; value <c>2^(e−128)·Doubled[code]</c>, with
/// subnormal scales for e below 2. (OCP Microscaling Formats 1.0.)
/// </summary>
internal readonly struct MXFP4Block : IGroupBlock, IBlockEncoder
{
    /// <summary>Twice the values of the 16 e2m1 codes. Code 8 is +0, as ggml has it.</summary>
    public static ReadOnlySpan<sbyte> Doubled => [0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12];

    public static int Elements => 32;

    public static int Bytes => 17;

    public static int GroupSize => 32;

    public static bool HasMinimum => false;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Decode(ReadOnlySpan<byte> block, Span<sbyte> codes, Span<float> scales, Span<float> minimums)
    {
        scales[0] = HalfScale(block[0]);
        Nibbles.LookUp(Doubled, block[1..], codes);
    }

    public static void Encode(ReadOnlySpan<float> values, Span<byte> block)
    {
        float size = MathF.Abs(Extremes.LargestWithSign(values));

        // ILogB is floor(log2): exact, where a logarithm in float32 could round up to the next integer.
        block[0] = size > 0 ? (byte)(MathF.ILogB(size) - 2 + 127) : (byte)0;
        float scale = HalfScale(block[0]);
        for (int j = 0; j < 16; j++)
        {
            block[1 + j] = (byte)(Nearest(values[j], scale) | (Nearest(values[j + 16], scale) << 4));
        }
    }

    /// <summary>2^(e − 128), half of what the exponent says, because the table is doubled.</summary>
    private static float HalfScale(byte exponent) =>
        BitConverter.UInt32BitsToSingle(exponent < 2 ? 0x00200000u << exponent : (uint)(exponent - 1) << 23);

    /// <summary>The code whose value is nearest, the first in the table's order among equals.</summary>
    private static int Nearest(float value, float scale)
    {
        int best = 0;
        float bestError = MathF.Abs((Doubled[0] * scale) - value);
        for (int code = 1; code < 16; code++)
        {
            float error = MathF.Abs((Doubled[code] * scale) - value);
            if (error < bestError)
            {
                best = code;
                bestError = error;
            }
        }

        return best;
    }
}
