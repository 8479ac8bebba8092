using Whorl.Tensors;

namespace Whorl.Kernels.Cpu.Tests.Linear;

/// <summary>Every layout, on every instruction set this process has, against the definition, bit for bit.</summary>
public sealed class LinearEqualsDefinitionTests
{
    // Without hardware's fused multiply-add each one is a call: fewer shapes then.
    private static readonly bool Slow = !InstructionSets.IsSupported(InstructionSet.Vector256);

    public static TheoryData<ElementType, ActivationFormat> Cases()
    {
        var cases = new TheoryData<ElementType, ActivationFormat>();
        foreach (ElementType type in Weights.All)
        {
            cases.Add(type, ActivationFormat.Q8);
            if (Weights.Quantised.Contains(type))
            {
                cases.Add(type, ActivationFormat.F32);
            }
        }

        return cases;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Every_shape_gives_the_definitions_bits(ElementType type, ActivationFormat activations)
    {
        int block = ElementTypes.Info(type).BlockSize;
        int[] lengths = block switch
        {
            1 => Slow ? [1, 2, 31, 64] : [1, 2, 3, 5, 8, 31, 64, 67, 130],
            32 => Slow ? [32, 96] : [32, 64, 96, 160, 320],
            _ => Slow ? [256] : [256, 512],
        };
        int[] outputs = Slow ? [1, 17, 50] : [1, 2, 15, 16, 17, 31, 32, 33, 47, 64, 65, 80, 130];
        int[] batches = Slow ? [1, 3, 7] : [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 25];
        for (InstructionSet set = InstructionSets.Best; set >= InstructionSet.Scalar; set--)
        {
            var random = new Random(20260827);
            using var backend = new CpuBackend(new CpuBackendOptions { Threads = 1, Activations = activations }, set);
            for (int i = 0; i < lengths.Length * outputs.Length; i++)
            {
                // Not the whole product of three lists, but each pair of the first two, with three of the third.
                (int columns, int rows) = (lengths[i % lengths.Length], outputs[i / lengths.Length]);
                byte[] data = Weights.Random(type, rows, columns, random);
                using Matrix matrix = backend.Pack(type, rows, columns, data);
                using var weight = new LinearWeight(matrix);
                for (int j = 0; j < 3; j++)
                {
                    long mark = backend.Mark();
                    Tensor x = Bits.Activations(backend, batches[((3 * i) + j) % batches.Length], columns, random);
                    float[] expected = Reference.Linear(type, data, rows, columns, x, activations);
                    Bits.Equal(expected, backend.Linear(x, weight).Span, $"{set}, {type}, {x.Rows} rows of {columns} to {rows}");
                    backend.Release(mark);
                }
            }
        }
    }

    [Theory]
    [InlineData(ElementType.BF16)]
    [InlineData(ElementType.Q4_1)]
    [InlineData(ElementType.Q8_0)]
    [InlineData(ElementType.Q6_K)]
    public void A_row_of_a_batch_is_the_row_alone_for_any_number_of_threads(ElementType type)
    {
        const int Columns = 512;
        int rows = Slow ? 48 : 203, batch = Slow ? 5 : 37;
        var random = new Random(7);
        byte[] data = Weights.Random(type, rows, Columns, random);
        float[]? first = null;
        foreach (int threads in new[] { 1, 2, 3, 5 })
        {
            using var backend = new CpuBackend(new CpuBackendOptions { Threads = threads, SharesEverything = true });
            using Matrix matrix = backend.Pack(type, rows, Columns, data);
            using var weight = new LinearWeight(matrix);
            Tensor x = Bits.Activations(backend, batch, Columns, new Random(8));
            float[] together = backend.Linear(x, weight).Span.ToArray();
            first ??= together;
            Bits.Equal(first, together, $"{threads} threads");
            for (int r = 0; r < batch; r++)
            {
                Bits.Equal(together.AsSpan(r * rows, rows), backend.Linear(x.Slice(r, 1), weight).Span, $"{threads} threads, row {r}");
            }
        }
    }

    [Fact]
    public void More_rows_than_are_taken_at_once_change_nothing()
    {
        int batch = Slow ? 3 : 1001;
        using var backend = new CpuBackend(new CpuBackendOptions { Threads = 2, SharesEverything = true });
        byte[] data = Weights.Random(ElementType.Q4_0, 33, 96, new Random(1));
        using var weight = new LinearWeight(backend.Pack(ElementType.Q4_0, 33, 96, data));
        Tensor x = Bits.Activations(backend, batch, 96, new Random(2));
        Bits.Equal(Reference.Linear(ElementType.Q4_0, data, 33, 96, x, ActivationFormat.Q8), backend.Linear(x, weight).Span, "1001 rows");
    }

    [Fact]
    public void Several_layers_of_one_input_are_each_what_they_are_alone()
    {
        using var backend = new CpuBackend(new CpuBackendOptions { Threads = 3, SharesEverything = true });
        var random = new Random(5);
        ElementType[] types = [ElementType.Q4_0, ElementType.F32, ElementType.Q6_K, ElementType.BF16, ElementType.Q8_0];
        LinearWeight[] weights = [.. types.Select((type, i) => new LinearWeight(backend.Pack(type, 40 + (i * 17), 256, Weights.Random(type, 40 + (i * 17), 256, random))))];
        foreach (int batch in new[] { 1, 4, 7 })
        {
            Tensor x = Bits.Activations(backend, batch, 256, random);
            var y = new Tensor[weights.Length];
            backend.Linear(x, weights, y);
            for (int i = 0; i < weights.Length; i++)
            {
                Bits.Equal(backend.Linear(x, weights[i]).Span, y[i].Span, $"layer {i} of {batch} rows");
            }
        }

        Array.ForEach(weights, weight => weight.Dispose());
    }

    [Fact]
    public void Weights_of_infinity_and_NaN_are_multiplied_as_such()
    {
        using var backend = new CpuBackend(new CpuBackendOptions { Threads = 1 });
        byte[] halves = [0x00, 0x7c, 0x00, 0x3c]; // infinity, 1
        using var half = new LinearWeight(backend.Pack(ElementType.F16, 1, 2, halves));
        Tensor x = backend.Rent(1, 2);
        (x.Span[0], x.Span[1]) = (2, 3);
        Assert.Equal(float.PositiveInfinity, backend.Linear(x, half).Span[0]);
        Assert.Equal([float.PositiveInfinity, 1f], backend.Gather(half.Matrix, [0]).Span.ToArray());

        foreach (ElementType type in Weights.Quantised.Where(type => ElementTypes.Info(type).BlockSize == 32 && type != ElementType.MXFP4))
        {
            byte[] data = Weights.Random(type, 3, 32, new Random(3));
            (data[0], data[1]) = (0x00, 0x7c);
            using var weight = new LinearWeight(backend.Pack(type, 3, 32, data));
            x = Bits.Activations(backend, 2, 32, new Random(4));
            Tensor y = backend.Linear(x, weight);
            Assert.False(float.IsFinite(y.Span[0]));
            Assert.True(float.IsFinite(y.Span[1]));
        }
    }

    [Fact]
    public void An_activation_of_infinity_spoils_its_row_and_no_other()
    {
        using var backend = new CpuBackend(new CpuBackendOptions { Threads = 1 });
        using var weight = new LinearWeight(backend.Pack(ElementType.Q4_0, 20, 64, Weights.Random(ElementType.Q4_0, 20, 64, new Random(3))));
        Tensor x = Bits.Activations(backend, 3, 64, new Random(4));
        float[] row = backend.Linear(x.Slice(2, 1), weight).Span.ToArray();
        x.Row(1)[40] = float.PositiveInfinity;
        Tensor y = backend.Linear(x, weight);
        Assert.All(y.Row(1).ToArray(), value => Assert.True(float.IsNaN(value)));
        Bits.Equal(row, y.Row(2), "the next row");
    }
}
