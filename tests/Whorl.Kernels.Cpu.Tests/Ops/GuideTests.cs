using Whorl.Kernels.Cpu.Lanes;
using Whorl.Testing;

namespace Whorl.Kernels.Cpu.Tests;

/// <summary>The guide to adding a kernel.</summary>
public sealed unsafe class GuideTests
{
    [Fact]
    public void Its_kernel_is_the_one_that_is_compiled_here()
    {
        string code = File.ReadAllText(Path.Combine(ReferenceData.Checkout, "tests", "Whorl.Kernels.Cpu.Tests", "Ops", "HalveKernel.cs"));
        string guide = File.ReadAllText(Path.Combine(ReferenceData.Checkout, "docs", "guides", "add-a-kernel.md"));
        Assert.Contains(code[code.IndexOf("internal readonly", StringComparison.Ordinal)..], guide, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(EveryLanes.Kinds), MemberType = typeof(EveryLanes))]
    public void Its_kernel_has_the_scalar_form_s_bits_at_every_length(string kind)
    {
        for (int size = 0; size <= 257; size++)
        {
            using var x = new GuardedFloats(Numbers.Random(2 * size, size, 3), size % 16);
            using var y = new GuardedFloats(2 * size, (size + 3) % 16);
            Kernel.Run(EveryLanes.Of(kind), new HalveKernel(x.Data, y.Data, size), 0, 2);
            Numbers.AssertSameBits(x.Span.ToArray().Select(value => value * 0.5f).ToArray(), y.Span, $"size {size}");
            y.AssertStripsUntouched();
        }
    }
}
