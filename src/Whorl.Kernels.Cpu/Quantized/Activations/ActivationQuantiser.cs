namespace Whorl.Kernels.Cpu.Quantized.Activations;

/// <summary>Rounds activations to 8 bits in blocks of 32: the canonical form of <see cref="Tensors.ActivationFormat.Q8"/>.</summary>
/// <remarks>
/// For a block with amax = max |x|: <c>d = amax / 127</c>, <c>q = round(x · (127 / amax))</c>, ties to even; every step is a float32
/// operation rounded once. |q| ≤ 127. A block with amax below 2^-119 is zeros with d = 0; one that holds an infinity or NaN is zeros with
/// d = NaN, which reaches every output. This is GGML's Q8_0 as its vector code computes it, but with d kept in float32.
/// </remarks>
internal static unsafe partial class ActivationQuantiser
{
    // Added and taken away, rounds a small float to an integer (ties to even), whose bits are then the low ones of the sum.
    private const float Rounder = 12582912f;

    // 2^-119: below it 127 / amax could overflow.
    private const float Smallest = 1.5046328e-36f;

    private const uint InfinityBits = 0x7f80_0000;

    /// <summary>Rounds blocks.</summary>
    /// <param name="x">32 · <paramref name="count"/> activations.</param>
    /// <param name="blocks">Receives the blocks.</param>
    /// <param name="count">Number of blocks.</param>
    /// <param name="set">Which form runs.</param>
    public static void Quantise(float* x, ActivationBlock* blocks, int count, InstructionSet set)
    {
        switch (set)
        {
            case InstructionSet.Vector512:
                Vector512Form(x, blocks, count);
                break;
            case InstructionSet.Vector256 or InstructionSet.Vector128:
                Vector128Form(x, blocks, count);
                break;
            default:
                Scalar(x, blocks, count);
                break;
        }
    }

    /// <summary>The definition.</summary>
    internal static void Scalar(float* x, ActivationBlock* blocks, int count)
    {
        for (int b = 0; b < count; b++, x += ActivationBlock.Size)
        {
            uint amax = 0; // as integers, sizes order like floats, with infinity and then NaN above all
            for (int i = 0; i < ActivationBlock.Size; i++)
            {
                amax = Math.Max(amax, BitConverter.SingleToUInt32Bits(x[i]) & 0x7fff_ffff);
            }

            ActivationBlock* block = blocks + b;
            (float scale, float inverse) = Scales(amax);
            int low = 0, high = 0;
            for (int i = 0; i < ActivationBlock.Size; i++)
            {
                float rounded = (x[i] * inverse) + Rounder;
                int q = inverse == 0 ? 0 : BitConverter.SingleToInt32Bits(rounded) - BitConverter.SingleToInt32Bits(Rounder);
                block->Codes[i] = (sbyte)q;
                low += i < 16 ? q : 0;
                high += i < 16 ? 0 : q;
            }

            Describe(block, scale, low, high);
        }
    }

    // d and 127 / amax; the second is 0 where the block is to become zeros.
    private static (float Scale, float Inverse) Scales(uint amaxBits)
    {
        float amax = BitConverter.UInt32BitsToSingle(amaxBits);
        return amaxBits >= InfinityBits ? (float.NaN, 0) : amax < Smallest ? (0, 0) : (amax / 127f, 127f / amax);
    }

    private static void Describe(ActivationBlock* block, float scale, int low, int high)
    {
        block->Scale = scale;
        block->EightSums = 8 * (low + high);
        block->ScaledSum = scale * (low + high);
        block->SumLow = (short)low;
        block->SumHigh = (short)high;
    }
}
