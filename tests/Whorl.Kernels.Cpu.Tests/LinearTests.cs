using Whorl.Kernels.Cpu.Quantized;
using Whorl.Tensors;

namespace Whorl.Kernels.Cpu.Tests;

public sealed class LinearTests
{
    [Fact]
    public void A_linear_layer_adds_its_bias_and_then_the_residual()
    {
        using var backend = new CpuBackend(new CpuBackendOptions { Threads = 1 });
        float[] w = [1, 2, 3, -1, 0, 0.5f];
        using Matrix matrix = backend.Pack(ElementType.F32, 2, 3, System.Runtime.InteropServices.MemoryMarshal.AsBytes<float>(w));
        using var weight = new LinearWeight(matrix, new Parameter([10f, 20f]));
        Tensor x = backend.Rent(1, 3), residual = backend.Rent(1, 2);
        new float[] { 1, 1, 2 }.CopyTo(x.Span);
        new float[] { 100, 200 }.CopyTo(residual.Span);
        Assert.Equal([119f, 220f], backend.Linear(x, weight, residual).Span.ToArray());
        Assert.Equal([-1f, 0f, 0.5f], backend.Gather(matrix, [1]).Span.ToArray());
    }

    [Fact]
    public void Types_without_a_kernel_are_refused_by_name()
    {
        using var backend = new CpuBackend(new CpuBackendOptions { Threads = 1 });
        NotSupportedException e = Assert.Throws<NotSupportedException>(() => backend.Pack(ElementType.IQ1_M, 1, 256, new byte[56]));
        Assert.Contains("IQ1_M", e.Message, StringComparison.Ordinal);
        Assert.Null(GroupForm.Of(ElementType.IQ1_M));
    }
}
