namespace Whorl.Kernels.Cpu.Quantized;

/// <summary>Activations rounded to 8 bits in blocks of 32: the canonical form of <see cref="Tensors.ActivationFormat.Q8"/>.</summary>
/// <remarks>
/// For a block with amax = max |x|: <c>d = amax / 127</c>, <c>q = round(x · (127 / amax))</c>, ties to even; every step is a float32 operation rounded once.
/// |q| ≤ 127. A block with amax below 2^-119 is zeros with d = 0; one that holds an infinity or NaN is zeros with d = NaN, which reaches every output.
/// </remarks>
internal static class QuantisedRow
{
    /// <summary>Elements of a block.</summary>
    public const int Block = 32;

    /// <summary>Added and taken away, rounds a small float to an integer (ties to even), whose bits are then the low ones of the sum.</summary>
    internal const float Rounder = 12582912f;

    /// <summary>2^-119: below it 127 / amax could overflow.</summary>
    internal const float Smallest = 1.5046328e-36f;

    /// <summary>The definition.</summary>
    /// <param name="x">A whole number of blocks.</param>
    /// <param name="codes">Receives q.</param>
    /// <param name="scales">Receives d of each block.</param>
    public static void Scalar(ReadOnlySpan<float> x, Span<sbyte> codes, Span<float> scales)
    {
        for (int b = 0; b < scales.Length; b++)
        {
            uint amaxBits = 0; // as integers, sizes order like floats, with NaN above infinity
            foreach (float value in x.Slice(b * Block, Block))
            {
                amaxBits = Math.Max(amaxBits, BitConverter.SingleToUInt32Bits(value) & 0x7fff_ffff);
            }

            float amax = BitConverter.UInt32BitsToSingle(amaxBits);
            bool usable = float.IsFinite(amax) && amax >= Smallest;
            scales[b] = usable ? amax / 127f : float.IsFinite(amax) ? 0 : float.NaN;
            float inverse = usable ? 127f / amax : 0;
            for (int i = b * Block; i < (b + 1) * Block; i++)
            {
                codes[i] = usable ? (sbyte)(BitConverter.SingleToInt32Bits((x[i] * inverse) + Rounder) - BitConverter.SingleToInt32Bits(Rounder)) : (sbyte)0;
            }
        }
    }
}
