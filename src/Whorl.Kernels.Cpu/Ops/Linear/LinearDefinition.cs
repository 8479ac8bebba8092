using Whorl.Kernels.Cpu.Quantized;

namespace Whorl.Kernels.Cpu.Ops.Linear;

/// <summary>The canonical order of arithmetic of a matrix product, as plain loops over plain rows. Every kernel equals it bit for bit.</summary>
internal static class LinearDefinition
{
    /// <summary>
    /// Float weights, and any weights under <see cref="Tensors.ActivationFormat.F32"/>: from <c>acc = +0</c>, <c>acc = fma(x[k], w[k], acc)</c> for each k in order.
    /// </summary>
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
    /// Quantised weights and activations, group after group of the weights (16 or 32 elements): <c>acc = fma(float(Σ c·q), s·d, acc)</c>, then, where the
    /// type has minimums, <c>acc = fma(m, d·float(Σ q), acc)</c>. The sums are exact integers; s·d and d·float(Σ q) are float32 products rounded once.
    /// </summary>
    /// <param name="q">Activation codes, <c>[columns]</c>; see <see cref="QuantisedRow"/>.</param>
    /// <param name="d">Activation scales, one for 32 columns.</param>
    /// <param name="c">Weight codes, <c>[columns]</c>.</param>
    /// <param name="s">Weight scales, one a group.</param>
    /// <param name="m">Weight minimums, one a group, or empty.</param>
    public static float Dot(ReadOnlySpan<sbyte> q, ReadOnlySpan<float> d, ReadOnlySpan<sbyte> c, ReadOnlySpan<float> s, ReadOnlySpan<float> m)
    {
        int group = c.Length / s.Length;
        float acc = 0;
        for (int g = 0; g < s.Length; g++)
        {
            int product = 0, sum = 0;
            for (int k = g * group; k < (g + 1) * group; k++)
            {
                product += c[k] * q[k];
                sum += q[k];
            }

            float scale = d[g * group / QuantisedRow.Block];
            acc = MathF.FusedMultiplyAdd(product, s[g] * scale, acc);
            if (!m.IsEmpty)
            {
                acc = MathF.FusedMultiplyAdd(m[g], scale * sum, acc);
            }
        }

        return acc;
    }

    /// <summary>The values of quantised weights: <c>s·c</c>, or <c>fma(s, c, m)</c>; s·c is exact, so only the addition of m rounds.</summary>
    public static void Expand(ReadOnlySpan<sbyte> c, ReadOnlySpan<float> s, ReadOnlySpan<float> m, Span<float> values)
    {
        int group = c.Length / s.Length;
        for (int k = 0; k < c.Length; k++)
        {
            float scale = s[k / group];
            values[k] = m.IsEmpty ? scale * c[k] : MathF.FusedMultiplyAdd(scale, c[k], m[k / group]);
        }
    }
}
