using Whorl.Kernels.Cpu.Quantized.Activations;

namespace Whorl.Kernels.Cpu.Ops.Linear;

/// <summary>
/// The canonical order of arithmetic of a matrix product, as plain loops over plain rows. Every kernel equals it bit for bit.
/// </summary>
/// <remarks>What comes after the product is added to it in float32: the bias, then the residual.</remarks>
internal static unsafe class LinearDefinition
{
    /// <summary>Inputs that are summed apart where quantised weights are expanded to float32: a multiple of every type's group.</summary>
    public const int RunLength = 128;

    /// <summary>Float weights: from <c>acc = +0</c>, <c>acc = fma(x[k], w[k], acc)</c> for each k in order.</summary>
    public static float Dot(ReadOnlySpan<float> x, ReadOnlySpan<float> w)
    {
        float acc = 0;
        for (int k = 0; k < x.Length; k++)
        {
            acc = MathF.FusedMultiplyAdd(x[k], w[k], acc);
        }

        return acc;
    }

    /// <summary>
    /// Quantised weights under <see cref="Tensors.ActivationFormat.F32"/>, expanded: the sum of each run of <see cref="RunLength"/>
    /// inputs is a chain of its own, and the runs' sums are added in order. Short chains round less than a long one.
    /// </summary>
    public static float DotInRuns(ReadOnlySpan<float> x, ReadOnlySpan<float> w)
    {
        float acc = 0;
        for (int k = 0; k < x.Length; k += RunLength)
        {
            int length = Math.Min(RunLength, x.Length - k);
            float run = Dot(x.Slice(k, length), w.Slice(k, length));
            acc = k == 0 ? run : acc + run;
        }

        return acc;
    }

    /// <summary>
    /// Quantised weights and activations, group after group of the weights (16 or 32 elements): <c>acc = fma(float(Σ c·q), s·d, acc)</c>,
    /// then, where the type has minimums, <c>acc = fma(m, d·float(Σ q), acc)</c>. The sums are exact integers; s·d and d·float(Σ q) are
    /// float32 products rounded once.
    /// </summary>
    /// <param name="x">Activations: codes q and scales d.</param>
    /// <param name="c">Weight codes, <c>[columns]</c>.</param>
    /// <param name="s">Weight scales, one a group; s is what the element type defines, exact in float32.</param>
    /// <param name="m">Weight minimums, one a group, or empty.</param>
    public static float Dot(ReadOnlySpan<ActivationBlock> x, ReadOnlySpan<sbyte> c, ReadOnlySpan<float> s, ReadOnlySpan<float> m)
    {
        float acc = 0;
        int group = s.Length == 0 ? 0 : c.Length / s.Length;
        for (int g = 0; g < s.Length; g++)
        {
            int first = g * group, product = 0, sum = 0;
            ref readonly ActivationBlock block = ref x[first / ActivationBlock.Size];
            for (int k = first; k < first + group; k++)
            {
                int q = block.Codes[k % ActivationBlock.Size];
                product += c[k] * q;
                sum += q;
            }

            acc = MathF.FusedMultiplyAdd(product, s[g] * block.Scale, acc);
            acc = m.IsEmpty ? acc : MathF.FusedMultiplyAdd(m[g], block.Scale * sum, acc);
        }

        return acc;
    }
}
