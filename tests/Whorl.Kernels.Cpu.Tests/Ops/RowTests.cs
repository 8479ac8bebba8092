using Whorl.Kernels.Cpu.Lanes;
using Whorl.Kernels.Cpu.Ops;
using Whorl.Tensors;

namespace Whorl.Kernels.Cpu.Tests;

public sealed unsafe class RowTests : IDisposable
{
    private readonly CpuBackend _backend = new(new CpuBackendOptions { Threads = 2, SharesEverything = true });

    public void Dispose() => _backend.Dispose();

    [Theory]
    [MemberData(nameof(EveryLanes.Kinds), MemberType = typeof(EveryLanes))]
    public void Norms_and_softmax_have_the_scalar_forms_bits_at_every_length(string kind)
    {
        InstructionSet set = EveryLanes.Of(kind);
        for (int size = 1; size <= 257; size++)
        {
            using var x = new GuardedFloats(Numbers.Random(6 * size, size, 3), size % 16);
            using var w = new GuardedFloats(Numbers.Random(2 * size, 2 * size), size % 7);
            using var b = new GuardedFloats(Numbers.Random(2 * size, 3 * size), size % 5);
            using var expected = new GuardedFloats(6 * size, (size + 3) % 16);
            using var actual = new GuardedFloats(6 * size, (size + 7) % 16);
            foreach (InstructionSet form in (InstructionSet[])[InstructionSet.Scalar, set])
            {
                float* y = form == InstructionSet.Scalar ? expected.Data : actual.Data;
                Kernel.Run(form, new RmsNormKernel(x.Data, w.Data, 2 * size, 1e-5f, y, size), 0, 2);
                Kernel.Run(form, new RmsNormKernel(x.Data + (2 * size), null, 0, 1e-5f, y + (2 * size), size), 0, 1);
                Kernel.Run(form, new LayerNormKernel(x.Data + (3 * size), w.Data, b.Data, 2 * size, 1e-5f, y + (3 * size), size), 0, 2);
                Kernel.Run(form, new SoftmaxKernel(x.Data + (5 * size), y + (5 * size), size), 0, 1);
            }

            Numbers.AssertSameBits(expected.Span, actual.Span, $"size {size}");
            Kernel.Run(set, new RmsNormKernel(x.Data, w.Data, 2 * size, 1e-5f, x.Data, size), 0, 2);
            Kernel.Run(set, new LayerNormKernel(x.Data + (3 * size), w.Data, b.Data, 2 * size, 1e-5f, x.Data + (3 * size), size), 0, 2);
            Kernel.Run(set, new SoftmaxKernel(x.Data + (5 * size), x.Data + (5 * size), size), 0, 1);
            Numbers.AssertSameBits(expected.Span[..(2 * size)], x.Span[..(2 * size)], $"in place, size {size}");
            Numbers.AssertSameBits(expected.Span[(3 * size)..], x.Span[(3 * size)..], $"in place, size {size}");
            actual.AssertStripsUntouched();
            expected.AssertStripsUntouched();
        }
    }

    [Theory]
    [MemberData(nameof(EveryLanes.Kinds), MemberType = typeof(EveryLanes))]
    public void Rotation_sums_and_scaling_of_rows_have_the_scalar_forms_bits_at_every_length(string kind)
    {
        InstructionSet set = EveryLanes.Of(kind);
        int[] positions = [3, 700, 4];
        for (int size = 0; size <= 257; size++)
        {
            using var x = new GuardedFloats(Numbers.Random(6 * size, size, 3), size % 16);
            using var w = new GuardedFloats(Numbers.Random(6, size + 1), size % 7);
            using var expected = new GuardedFloats(9 * size, (size + 3) % 16);
            using var actual = new GuardedFloats(9 * size, (size + 7) % 16);
            foreach (InstructionSet form in (InstructionSet[])[InstructionSet.Scalar, set])
            {
                float* y = form == InstructionSet.Scalar ? expected.Data : actual.Data;
                Kernel.Run(form, new CombineRowsKernel(x.Data, w.Data, 2, y, size), 0, 3);
                Kernel.Run(form, new ScaleRows(x.Data, w.Data, y + (3 * size), size), 0, 6);
            }

            Numbers.AssertSameBits(expected.Span, actual.Span, $"size {size}");
            actual.AssertStripsUntouched();
        }

        for (int pairs = 1; pairs <= 130; pairs++)
        {
            using var cache = new RotationCache(0);
            var angles = new float*[positions.Length];
            int headSize = (2 * pairs) + (pairs % 3);
            using var x = new GuardedFloats(Numbers.Random(6 * headSize, pairs), pairs % 16);
            using var expected = new GuardedFloats(6 * headSize, (pairs + 3) % 16);
            using var actual = new GuardedFloats(6 * headSize, (pairs + 7) % 16);
            fixed (float** at = angles)
            {
                cache.Begin();
                cache.Find(new RopeTable(Numbers.Random(pairs, 9), 1.25f), positions, at);
                Kernel.Run(InstructionSet.Scalar, new RotateKernel(x.Data, expected.Data, 2, headSize, pairs, at), 0, 3);
                Kernel.Run(set, new RotateKernel(x.Data, actual.Data, 2, headSize, pairs, at), 0, 3);
                Kernel.Run(set, new RotateKernel(x.Data, x.Data, 2, headSize, pairs, at), 0, 3);
            }

            Numbers.AssertSameBits(expected.Span, actual.Span, $"{pairs} pairs");
            Numbers.AssertSameBits(expected.Span, x.Span, $"{pairs} pairs in place");
            actual.AssertStripsUntouched();
        }
    }

    [Theory]
    [InlineData(1, 1, 0)]
    [InlineData(2, 576, 0)]
    [InlineData(3, 96, 32)]
    [InlineData(5, 100, 20)]
    [InlineData(2, 16384, 0)]
    public void Norms_agree_with_float64_with_and_without_groups(int rows, int columns, int group)
    {
        int size = group == 0 ? columns : group;
        float[] values = Numbers.Random(rows * columns, columns, 2);
        Tensor x = Filled(rows, columns, values);
        foreach (int weights in (int[])[0, size, columns])
        {
            using Parameter? w = weights == 0 ? null : Parameters.Of(Numbers.Random(weights, 5));
            using Parameter? b = weights == 0 ? null : Parameters.Of(Numbers.Random(weights, 6));
            var rms = new double[values.Length];
            var layer = new double[values.Length];
            for (int first = 0; first < values.Length; first += size)
            {
                double[] part = Array.ConvertAll(values[first..(first + size)], v => (double)v);
                double mean = part.Average(), variance = part.Average(v => (v - mean) * (v - mean)), square = part.Average(v => v * v);
                for (int i = 0; i < size; i++)
                {
                    int at = weights == 0 ? 0 : (first + i) % weights;
                    rms[first + i] = part[i] / Math.Sqrt(square + 1e-5) * (w?.Value.Span[at] ?? 1);
                    layer[first + i] = ((part[i] - mean) / Math.Sqrt(variance + 1e-5) * (w?.Value.Span[at] ?? 1)) + (b?.Value.Span[at] ?? 0);
                }
            }

            Numbers.AssertNear(rms, _backend.RmsNorm(x, w, 1e-5f, group).Span, 1e-6, "rms");
            Numbers.AssertNear(layer, _backend.LayerNorm(x, w, b, 1e-5f, group).Span, 1e-6, "layer");
        }
    }

    [Fact]
    public void The_sum_of_squares_has_sixteen_lanes_and_a_tree()
    {
        float[] x = Numbers.Random(75, 4);
        var lanes = new float[16];
        for (int i = 0; i < x.Length; i++)
        {
            lanes[i % 16] = MathF.FusedMultiplyAdd(x[i], x[i], lanes[i % 16]);
        }

        for (int distance = 8; distance > 0; distance /= 2)
        {
            for (int i = 0; i < distance; i++)
            {
                lanes[i] += lanes[i + distance];
            }
        }

        float scale = 1f / MathF.Sqrt((lanes[0] / 75) + 1e-6f);
        Numbers.AssertSameBits(Array.ConvertAll(x, v => v * scale), _backend.RmsNorm(Filled(1, 75, x), null, 1e-6f).Span);
    }

    [Theory]
    [MemberData(nameof(EveryLanes.Kinds), MemberType = typeof(EveryLanes))]
    public void Rounding_to_8_bits_has_the_scalar_forms_bits_at_every_length(string kind)
    {
        InstructionSet set = EveryLanes.Of(kind);
        for (int size = 0; size <= 257; size++)
        {
            using var x = new GuardedFloats(Numbers.Random(3 * size, size, 3), size % 16);
            using var expected = new GuardedFloats(3 * size, (size + 3) % 16);
            using var actual = new GuardedFloats(3 * size, (size + 7) % 16);
            Kernel.Run(InstructionSet.Scalar, new RoundToInt8Kernel(x.Data, expected.Data, size), 0, 3);
            Kernel.Run(set, new RoundToInt8Kernel(x.Data, actual.Data, size), 0, 3);
            Kernel.Run(set, new RoundToInt8Kernel(x.Data, x.Data, size), 0, 3);
            Numbers.AssertSameBits(expected.Span, actual.Span, $"size {size}");
            Numbers.AssertSameBits(expected.Span, x.Span, $"in place, size {size}");
            actual.AssertStripsUntouched();
        }
    }

    [Fact]
    public void Rounding_to_8_bits_is_by_the_rows_own_scale_with_halves_to_even()
    {
        Tensor x = Filled(3, 4, [254, 1, 3, -5, 127, -127, 2.5f, -3.5f, 0, 1e-6f, -1e-7f, 0]);
        float[] tiny = [0, MathF.Round(1e-6f * (127f / 1e-5f)) / (127f / 1e-5f), MathF.Round(-1e-7f * (127f / 1e-5f)) / (127f / 1e-5f), 0];
        Assert.Equal([254f, 0, 4, -4, 127, -127, 2, -4, .. tiny], _backend.RoundToInt8(x).Span.ToArray());
        Assert.All(_backend.RoundToInt8(Filled(1, 3, [1, float.NaN, 2])).Span.ToArray()[1..2], v => Assert.True(float.IsNaN(v)));

        float[] values = Numbers.Random(1000, 7, 5);
        float scale = 127f / values.Max(MathF.Abs);
        Numbers.AssertSameBits(Array.ConvertAll(values, v => (MathF.Round(v * scale) + 0f) / scale), _backend.RoundToInt8(Filled(1, 1000, values)).Span);
    }

    [Fact]
    public void Softmax_agrees_with_float64_and_stands_great_logits()
    {
        Tensor x = Filled(2, 1000, Numbers.Random(2000, 8, 20));
        Span<float> y = _backend.Softmax(x).Span;
        for (int row = 0; row < 2; row++)
        {
            double[] e = Array.ConvertAll(x.Row(row).ToArray(), v => Math.Exp(v));
            double total = e.Sum();
            Numbers.AssertNear(Array.ConvertAll(e, v => v / total), y.Slice(row * 1000, 1000), 1e-6);
        }

        Assert.Equal([0f, 0.5f, 0.5f, 0f], _backend.Softmax(Filled(1, 4, [-3e38f, 3e38f, 3e38f, float.NegativeInfinity])).Span.ToArray());
        Assert.Equal([1f], _backend.Softmax(Filled(1, 1, [-1e30f])).Span.ToArray());
    }

    [Fact]
    public void Rotation_agrees_with_float64_and_leaves_the_rest_of_a_head()
    {
        float[] frequencies = Array.ConvertAll(Enumerable.Range(0, 20).ToArray(), i => (float)Math.Pow(10000, -i / 20.0));
        var table = new RopeTable(frequencies, 1.2f);
        int[] positions = [0, 1, 131, 4097, 1_000_003];
        Tensor x = Filled(5, 3 * 48, Numbers.Random(5 * 144, 3));
        StepLayout layout = At(positions);
        Tensor y = _backend.Rotate(x, 48, [table, table, table, table, table], layout);
        var expected = new double[x.Length];
        for (int row = 0; row < 5; row++)
        {
            for (int i = 0; i < 144; i++)
            {
                int d = i % 48, at = (row * 144) + i;
                double angle = (float)positions[row] * frequencies[d % 20];
                expected[at] = d >= 40 ? x.Span[at]
                    : d < 20 ? 1.2f * ((x.Span[at] * Math.Cos(angle)) - (x.Span[at + 20] * Math.Sin(angle)))
                    : 1.2f * ((x.Span[at] * Math.Cos(angle)) + (x.Span[at - 20] * Math.Sin(angle)));
            }
        }

        Numbers.AssertNear(expected, y.Span, 3e-7);
        Numbers.AssertSameBits(_backend.Rotate(x.Slice(4, 1), 48, [table], At(positions[4])).Span, y.Row(4), "a row alone");
        Assert.Throws<ShapeMismatchException>(() => _backend.Rotate(x, 36, [table, table, table, table, table], layout));
        Assert.Throws<ShapeMismatchException>(() => _backend.Rotate(x, 48, [table], layout));
        Assert.Throws<ShapeMismatchException>(() => _backend.Rotate(x.Slice(1, 4), 48, [table, table, table, table, table], layout));
        Assert.Throws<ShapeMismatchException>(() => _backend.Rotate(x, 48, [table, table, table, table, new RopeTable(frequencies.AsMemory(1))], layout));
    }

    [Fact]
    public void Segments_of_one_call_are_turned_each_by_its_own_table()
    {
        RopeTable slow = new(Numbers.Random(8, 1)), fast = new(Numbers.Random(8, 2), 1.5f);
        Tensor x = Filled(2, 32, Numbers.Random(64, 3));
        Tensor together = _backend.Rotate(x, 16, [slow, fast], At(7, 300));
        Numbers.AssertSameBits(_backend.Rotate(x.Slice(0, 1), 16, [slow], At(7)).Span, together.Row(0), "slow");
        Numbers.AssertSameBits(_backend.Rotate(x.Slice(1, 1), 16, [fast], At(300)).Span, together.Row(1), "fast");
    }

    [Fact]
    public void Equal_tables_share_their_cosines_and_what_strangers_ask_for_is_bounded()
    {
        using var backend = new CpuBackend(new CpuBackendOptions { Threads = 1 });
        Tensor x = Filled(1, 128, Numbers.Random(128, 3));
        Turn(64, 1f, 0);
        long one = backend.RotationBytes;
        for (int layer = 0; layer < 32; layer++)
        {
            Turn(64, 1f, 5);
        }

        Assert.Equal(one, backend.RotationBytes);
        float[] expected = Turn(64, 1f, 100_000);
        for (int i = 1; i <= 3000; i++)
        {
            Turn(64, 1f + i, i * 1000);
            Assert.InRange(backend.RotationBytes, 0, (64 << 20) + one);
        }

        Assert.Equal(expected, Turn(64, 1f, 100_000));

        float[] Turn(int pairs, float factor, int position)
        {
            long mark = backend.Mark();
            float[] y = backend.Rotate(x, 128, [new RopeTable(Numbers.Random(pairs, 9), factor)], At(position)).Span.ToArray();
            backend.Release(mark);
            return y;
        }
    }

    [Fact]
    public void Rows_and_columns_are_chosen_and_combined()
    {
        Tensor x = Filled(4, 3, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
        Assert.Equal([7f, 8, 9, 1, 2, 3, 7, 8, 9], _backend.SelectRows(x, [2, 0, 2]).Span.ToArray());
        Assert.Equal([2f, 3, 5, 6, 8, 9, 11, 12], _backend.SelectColumns(x, 1, 2).Span.ToArray());
        Assert.Equal([21f, 27, 33], _backend.CombineRows(x, Filled(2, 2, [1, 5, 1, 10])).Span[..3].ToArray());
        Assert.Equal([107f, 118, 129], _backend.CombineRows(x, Filled(2, 2, [1, 5, 1, 10])).Span[3..].ToArray());
        Assert.Throws<ArgumentOutOfRangeException>(() => _backend.SelectRows(x, [4]));
        Assert.Throws<ShapeMismatchException>(() => _backend.SelectColumns(x, 2, 2));
        Assert.Throws<ShapeMismatchException>(() => _backend.CombineRows(x, Filled(1, 3, [1, 2, 3])));
        Assert.Throws<ShapeMismatchException>(() => _backend.RmsNorm(x, null, 1e-5f, 2));
    }

    [Fact]
    public void No_rows_are_no_trouble()
    {
        Tensor none = _backend.Rent(0, 12);
        Assert.Equal(0, _backend.RmsNorm(none, null, 1e-5f).Length);
        Assert.Equal(0, _backend.Softmax(none).Length);
        Assert.Equal(0, _backend.Add(none, none).Length);
        Assert.Equal(0, _backend.Activate(Activation.Silu, none).Length);
        Assert.Equal(0, _backend.SelectRows(none, []).Length);
    }

    private Tensor Filled(int rows, int columns, float[] values)
    {
        Tensor result = _backend.Rent(rows, columns);
        values.CopyTo(result.Span);
        return result;
    }

    // A segment for each.
    private static StepLayout At(params int[] positions)
    {
        StepLayout layout = new();
        foreach (int position in positions)
        {
            layout.AddChain(position, 1);
        }

        return layout;
    }
}
