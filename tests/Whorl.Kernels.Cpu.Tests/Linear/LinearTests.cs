using System.Runtime.InteropServices;
using Whorl.Tensors;
using Whorl.Testing;

namespace Whorl.Kernels.Cpu.Tests.Linear;

public sealed class LinearTests
{
    [Fact]
    public void A_linear_layer_adds_its_bias_and_then_the_residual()
    {
        using var backend = new CpuBackend(new CpuBackendOptions { Threads = 1 });
        float[] w = [1, 2, 3, -1, 0, 0.5f];
        using var weight = new LinearWeight(backend.Pack(ElementType.F32, 2, 3, MemoryMarshal.AsBytes<float>(w)), backend.CreateParameter([10f, 1e8f]));
        Tensor x = backend.Rent(1, 3), residual = backend.Rent(1, 2);
        new float[] { 1, 1, 2 }.CopyTo(x.Span);
        new float[] { 100, -1e8f }.CopyTo(residual.Span);
        Assert.Equal([119f, 0f], backend.Linear(x, weight, residual).Span.ToArray()); // 1e8 + 0 - 1e8, not 1e8 - 1e8 + 0
        Assert.Equal([19f, 1e8f], backend.Linear(x, weight).Span.ToArray());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Bias_and_residual_reach_every_output(int rows)
    {
        using var backend = new CpuBackend(new CpuBackendOptions { Threads = 2, SharesEverything = true });
        for (int outputs = 1; outputs < 70; outputs += 3)
        {
            byte[] data = Weights.Random(ElementType.Q8_0, outputs, 64, new Random(outputs));
            float[] bias = [.. Enumerable.Range(0, outputs).Select(i => i + 0.5f)];
            using var plain = new LinearWeight(backend.Pack(ElementType.Q8_0, outputs, 64, data));
            using var weight = new LinearWeight(backend.Pack(ElementType.Q8_0, outputs, 64, data), backend.CreateParameter(bias));
            Tensor x = Bits.Activations(backend, rows, 64, new Random(1)), residual = Bits.Activations(backend, rows, outputs, new Random(2));
            float[] expected = backend.Linear(x, plain).Span.ToArray();
            for (int i = 0; i < expected.Length; i++)
            {
                expected[i] = residual.Span[i] + (expected[i] + bias[i % outputs]);
            }

            Bits.Equal(expected, backend.Linear(x, weight, residual).Span, $"{outputs} outputs");
        }
    }

    [Fact]
    public void No_rows_no_outputs_and_no_inputs_are_allowed()
    {
        using var backend = new CpuBackend(new CpuBackendOptions { Threads = 2, SharesEverything = true });
        using var weight = new LinearWeight(backend.Pack(ElementType.F32, 3, 0, []), backend.CreateParameter([1f, 2f, 3f]));
        Assert.Equal(0, backend.Linear(backend.Rent(0, 0), weight).Length);
        Assert.Equal([1f, 2f, 3f], backend.Linear(backend.Rent(1, 0), weight).Span.ToArray());
        using var none = new LinearWeight(backend.Pack(ElementType.Q8_0, 0, 32, []));
        Assert.Equal(0, backend.Linear(backend.Rent(2, 32), none).Length);
    }

    [Fact]
    public void Shapes_that_do_not_fit_are_refused_and_named()
    {
        using var backend = new CpuBackend(new CpuBackendOptions { Threads = 1 });
        using var weight = new LinearWeight(backend.Pack(ElementType.F32, 2, 3, new byte[24]));
        Assert.Contains("[1, 4]", Assert.Throws<ShapeMismatchException>(() => backend.Linear(backend.Rent(1, 4), weight)).Message, StringComparison.Ordinal);
        Assert.Throws<ShapeMismatchException>(() => backend.Linear(backend.Rent(1, 3), weight, backend.Rent(1, 3)));
        Assert.Throws<ShapeMismatchException>(() => backend.Pack(ElementType.Q4_0, 1, 33, new byte[36]));
        Assert.Throws<ShapeMismatchException>(() => backend.Pack(ElementType.Q4_0, 1, 64, new byte[35]));
    }

    [Fact]
    public void Types_without_a_kernel_are_refused_by_name()
    {
        using var backend = new CpuBackend(new CpuBackendOptions { Threads = 1 });
        NotSupportedException e = Assert.Throws<NotSupportedException>(() => backend.Pack(ElementType.Q8_K, 1, 256, new byte[292]));
        Assert.Contains("Q8_K", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_call_allocates_nothing_once_the_workspace_has_grown()
    {
        using var backend = new CpuBackend(new CpuBackendOptions { Threads = 2, SharesEverything = true });
        ElementType[] types = [ElementType.Q4_1, ElementType.BF16, ElementType.Q8_0];
        LinearWeight[] weights = [.. types.Select(type => new LinearWeight(backend.Pack(type, 96, 512, Weights.Random(type, 96, 512, new Random(1)))))];
        var y = new Tensor[weights.Length];
        long allocated = 0;
        foreach (int rows in new[] { 1, 5 })
        {
            Tensor x = Bits.Activations(backend, rows, 512, new Random(2));
            for (int i = 0; i < 20; i++)
            {
                allocated = Allocated.By(() =>
                {
                    long mark = backend.Mark();
                    backend.Linear(x, weights, y);
                    backend.Linear(x, weights[0], y[0]);
                    backend.Release(mark);
                });
            }
        }

        Assert.Equal(0, allocated);
        Array.ForEach(weights, weight => weight.Dispose());
    }
}
