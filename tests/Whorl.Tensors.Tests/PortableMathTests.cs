namespace Whorl.Tensors.Tests;

public sealed class PortableMathTests
{
    [Fact]
    public void Powers_as_models_use_them_agree_with_the_platform_to_the_last_bits()
    {
        var random = new Random(1);
        for (int i = 0; i < 200_000; i++)
        {
            double x = Math.Exp((random.NextDouble() * 30) - 10), y = (random.NextDouble() * 20) - 10;
            Near(Math.Pow(x, y), PortableMath.Pow(x, y), 1e-15);
            Near(Math.Exp(y * 30), PortableMath.Exp(y * 30), 5e-16);
            Near(Math.Log(x), PortableMath.Log(x), 5e-16);
        }
    }

    [Theory]
    [InlineData(2, 0.5, 1.4142135623730950488)]
    [InlineData(10000, 0.25, 10)]
    [InlineData(2, -8, 0.00390625)]
    [InlineData(500000, 0.984375, 407308.61692827235)]
    [InlineData(3, 0, 1)]
    [InlineData(1, 1e300, 1)]
    [InlineData(2, 1023, 8.98846567431158e307)]
    [InlineData(2, 1024, double.PositiveInfinity)]
    [InlineData(0.5, 2000, 0)]
    [InlineData(1e300, -1e300, 0)]
    public void Powers_of_known_value_are_right(double x, double y, double expected) => Near(expected, PortableMath.Pow(x, y), 1e-15);

    [Fact]
    public void Ends_of_the_range_behave_as_stated()
    {
        Assert.Equal(1, PortableMath.Exp(0));
        Assert.Equal(double.PositiveInfinity, PortableMath.Exp(710));
        Assert.Equal(0, PortableMath.Exp(-746));
        Assert.Equal(double.Epsilon, PortableMath.Exp(-744.5));
        Assert.True(double.IsNaN(PortableMath.Exp(double.NaN)));
        Assert.Equal(0, PortableMath.Log(1));
        Assert.Equal(double.NegativeInfinity, PortableMath.Log(0));
        Assert.Equal(double.PositiveInfinity, PortableMath.Log(double.PositiveInfinity));
        Assert.True(double.IsNaN(PortableMath.Log(-1)));
        Near(-744.44007192138127, PortableMath.Log(double.Epsilon), 4e-16);
        Assert.Throws<ArgumentOutOfRangeException>(() => PortableMath.Pow(0, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => PortableMath.Pow(-2, 2));
    }

    private static void Near(double expected, double actual, double relative) =>
        Assert.True(expected == actual || Math.Abs(actual - expected) <= relative * Math.Abs(expected), $"{actual:R}, expected {expected:R}");
}
