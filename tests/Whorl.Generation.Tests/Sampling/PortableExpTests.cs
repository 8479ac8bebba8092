namespace Whorl.Generation.Tests.Sampling;

public sealed class PortableExpTests
{
    [Fact]
    public void It_is_e_to_the_x_within_the_last_bits()
    {
        Random random = new(1);
        for (int i = 0; i < 100_000; i++)
        {
            double x = -random.NextDouble() * (i % 2 == 0 ? 1 : 690), expected = Math.Exp(x);
            Assert.InRange(Math.Abs(PortableExp.Of(x) - expected) / expected, 0, 5.2e-16); // 4e-16, and what the platform's own may be off
        }
    }

    [Fact]
    public void Its_ends_are_exact()
    {
        Assert.Equal(1, PortableExp.Of(0));
        Assert.Equal(0, PortableExp.Of(-701));
        Assert.Equal(0, PortableExp.Of(double.NegativeInfinity));
    }

    [Fact]
    public void It_gives_the_same_bits_everywhere()
    {
        Assert.Equal(0x3FD78B56362CEF38, BitConverter.DoubleToInt64Bits(PortableExp.Of(-1)));
        Assert.Equal(0x3FE368B2FC6F960A, BitConverter.DoubleToInt64Bits(PortableExp.Of(-0.5)));
    }

    [Fact]
    public void The_logarithm_is_the_exponential_s_inverse()
    {
        Random random = new(3);
        foreach (double y in new[] { 1, 1.0000001, 2, 3, 49152, 1e300, double.MaxValue }.Concat(Enumerable.Range(0, 1000).Select(_ => 1 + (random.NextDouble() * 1e6))))
        {
            double expected = Math.Log(y);
            Assert.InRange(Math.Abs(PortableExp.Log(y) - expected), 0, 2e-15 * Math.Max(1, expected));
        }

        Assert.Equal(0, PortableExp.Log(1));
        Assert.Equal(double.PositiveInfinity, PortableExp.Log(double.PositiveInfinity));
        Assert.Equal(double.NaN, PortableExp.Log(double.NaN));
    }
}
