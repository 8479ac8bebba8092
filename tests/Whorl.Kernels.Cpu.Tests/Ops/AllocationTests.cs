using Whorl.Tensors;
using Whorl.Testing;

namespace Whorl.Kernels.Cpu.Tests;

public sealed class AllocationTests
{
    [Theory]
    [InlineData(1, false)]
    [InlineData(2, false)]
    [InlineData(2, true)]
    public void A_step_repeated_allocates_nothing_on_the_managed_heap(int threads, bool sharesEverything)
    {
        using var backend = new CpuBackend(new CpuBackendOptions { Threads = threads, SharesEverything = sharesEverything });
        AttentionSpec spec = AttentionCase.SpecOf(6, 2, 32, 32);
        using KeyValueStore store = backend.CreateKeyValueStore(spec, 256);
        using Parameter weight = backend.CreateParameter(Numbers.Random(192, 1)), bias = backend.CreateParameter(Numbers.Random(192, 2));
        RopeTable[] ropes = [new RopeTable(Numbers.Random(16, 3))];
        var layout = new StepLayout();
        KeyValueStore[] stores = [store];
        int[] every = [.. Enumerable.Range(0, 128)];

        void Step(int rows)
        {
            long mark = backend.Mark();
            Tensor x = backend.Rent(rows, 192);
            x.Span.Fill(0.5f);
            Tensor normal = backend.RmsNorm(backend.LayerNorm(x, weight, bias, 1e-5f), weight, 1e-5f, 32);
            layout.Clear();
            layout.AddChain(100, rows);
            Tensor q = backend.Rotate(normal, 32, ropes, layout);
            Tensor k = backend.SelectColumns(q, 0, 64), v = backend.SelectColumns(normal, 64, 64);
            Tensor y = backend.Attention(q, k, v, spec, layout, stores);
            y = backend.Gate(Activation.Silu, y, backend.Activate(Activation.GeluErf, x));
            y = backend.Scale(backend.Clamp(backend.SoftCap(backend.Add(y, x), 30f), -9, 9), 0.5f);
            y = backend.RoundToBFloat16(backend.Multiply(backend.SelectRows(y, every.AsSpan(0, rows)), backend.Softmax(x)));
            backend.CombineRows(y, backend.Rent(rows, 1));
            backend.Release(mark);
        }

        foreach (int rows in (int[])[1, 128, 1, 128])
        {
            Step(rows);
        }

        for (int i = 0; i < 4; i++)
        {
            Assert.Equal(0, Allocated.By(() => Step(i % 2 == 0 ? 1 : 128)));
        }
    }
}
