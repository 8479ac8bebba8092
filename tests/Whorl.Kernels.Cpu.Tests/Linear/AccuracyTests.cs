using Whorl.Tensors;

namespace Whorl.Kernels.Cpu.Tests.Linear;

/// <summary>How near the canonical order is to the exact product of the decoded weights, in double.</summary>
public sealed class AccuracyTests
{
    public static TheoryData<ElementType> Types() => [.. Weights.All];

    [Theory]
    [MemberData(nameof(Types))]
    public void Float_activations_err_by_no_more_than_the_rounding_of_the_chain(ElementType type) =>
        AssertNear(type, ActivationFormat.F32, 512 * MathF.Pow(2, -24));

    [Theory]
    [MemberData(nameof(Types))]
    public void Rounded_activations_err_by_half_a_step_of_a_127th(ElementType type) =>
        AssertNear(type, ActivationFormat.Q8, Weights.Quantised.Contains(type) ? 1.01f / 254 : 512 * MathF.Pow(2, -24));

    // Both bounds are worst cases: |error| ≤ share · Σ |w| · (largest |x| of the block).
    private static void AssertNear(ElementType type, ActivationFormat activations, double share)
    {
        const int Columns = 512, Rows = 8;
        using var backend = new CpuBackend(new CpuBackendOptions { Threads = 1, Activations = activations });
        byte[] data = Weights.Random(type, Rows, Columns, new Random(11));
        using var weight = new LinearWeight(backend.Pack(type, Rows, Columns, data));
        Tensor x = Bits.Activations(backend, 3, Columns, new Random(12)), y = backend.Linear(x, weight);
        for (int r = 0; r < x.Rows; r++)
        {
            for (int o = 0; o < Rows; o++)
            {
                float[] w = Weights.Decode(type, data, o, Columns);
                double exact = 0, bound = 0;
                for (int k = 0; k < Columns; k++)
                {
                    exact += (double)w[k] * x.Row(r)[k];
                    float largest = 0;
                    foreach (float value in x.Row(r).Slice(k / 32 * 32, 32))
                    {
                        largest = MathF.Max(largest, MathF.Abs(value));
                    }

                    bound += Math.Abs((double)w[k]) * largest;
                }

                Assert.True(Math.Abs(exact - y.Row(r)[o]) <= share * bound, $"{type}, row {r}, output {o}: {y.Row(r)[o]:R}, exactly {exact:R}, bound {share * bound:R}");
            }
        }
    }
}
