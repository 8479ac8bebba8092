using Whorl.Kernels.Cpu.Lanes;
using Whorl.Kernels.Cpu.Ops;

namespace Whorl.Kernels.Cpu.Tests;

public sealed unsafe class ElementaryTests
{
    private readonly struct Exp : IUnaryFunction
    {
        public T Of<T>(T x)
            where T : unmanaged, ILanes<T> => Elementary.Exp(x);
    }

    private readonly struct Erf : IUnaryFunction
    {
        public T Of<T>(T x)
            where T : unmanaged, ILanes<T> => Elementary.Erf(x);
    }

    private readonly struct LogOnePlus : IUnaryFunction
    {
        public T Of<T>(T x)
            where T : unmanaged, ILanes<T> => Elementary.LogOnePlus(x);
    }

    [Fact]
    public void Exp_is_within_1_02_ulps_from_the_least_subnormal_to_the_greatest_result()
    {
        Assert.InRange(GreatestError(default(Exp), Math.Exp, Range(-103.9f, 88.7228f, 1_500_000)), 0, 1.02);
        Assert.InRange(GreatestError(default(Exp), Math.Exp, EveryExponent()), 0, 1.02);
        Numbers.AssertSameBits(
            [1f, 1f, float.PositiveInfinity, float.PositiveInfinity, 0f, 0f, float.NaN, float.PositiveInfinity, 0f, float.Epsilon],
            Of(default(Exp), [0f, -0f, 88.72284f, float.MaxValue, -103.98f, float.MinValue, float.NaN, float.PositiveInfinity, float.NegativeInfinity, -103.9f]));
    }

    [Fact]
    public void Tanh_is_within_1_and_a_half_ulps_and_reaches_1()
    {
        Assert.InRange(GreatestError(default(Tanh), Math.Tanh, Range(-10, 10, 1_500_000)), 0, 1.5);
        Assert.InRange(GreatestError(default(Tanh), Math.Tanh, EveryExponent()), 0, 1.5);
        Numbers.AssertSameBits(
            [-0f, 1f, -1f, 1f, -1f, float.NaN, float.Epsilon],
            Of(default(Tanh), [-0f, 10f, -10f, float.PositiveInfinity, float.NegativeInfinity, float.NaN, float.Epsilon]));
    }

    [Fact]
    public void Erf_is_within_2_ulps_and_reaches_1()
    {
        Assert.InRange(GreatestError(default(Erf), Reference.Erf, Range(-4.5f, 4.5f)), 0, 2);
        Assert.InRange(GreatestError(default(Erf), Reference.Erf, EveryExponent()), 0, 2);
        Numbers.AssertSameBits(
            [-0f, 1f, -1f, 1f, -1f, float.NaN],
            Of(default(Erf), [-0f, 4f, -4f, float.PositiveInfinity, float.NegativeInfinity, float.NaN]));
    }

    [Fact]
    public void The_sigmoid_is_within_2_and_a_half_ulps_down_to_subnormals()
    {
        Assert.InRange(GreatestError(default(Sigmoid), Reference.Sigmoid, Range(-103, 103, 1_500_000)), 0, 2.5);
        Assert.InRange(GreatestError(default(Sigmoid), Reference.Sigmoid, EveryExponent()), 0, 2.5);
        Numbers.AssertSameBits(
            [0.5f, 1f, 0f, 1f, 0f, float.NaN],
            Of(default(Sigmoid), [0f, 40f, -200f, float.PositiveInfinity, float.NegativeInfinity, float.NaN]));
    }

    [Fact]
    public void Logarithms_near_1_and_softplus_are_within_a_few_ulps()
    {
        Assert.InRange(GreatestError(default(LogOnePlus), Reference.LogOnePlus, Range(0, 1)), 0, 2);
        Assert.InRange(GreatestError(default(Softplus), Reference.Softplus, Range(-87, 40)), 0, 4);
        Numbers.AssertSameBits([20f, 100f, 0f, float.NaN, float.PositiveInfinity], Of(default(Softplus), [20f, 100f, -200f, float.NaN, float.PositiveInfinity]));
    }

    [Fact]
    public void Silu_and_both_gelus_are_within_their_bounds()
    {
        Assert.InRange(GreatestError(default(Silu), x => x * Reference.Sigmoid(x), Range(-80, 80)), 0, 3);
        float[] points = Range(-12, 12), tanh = Of(default(GeluTanh), points), erf = Of(default(GeluErf), points);
        for (int i = 0; i < points.Length; i++)
        {
            double bound = 1.5e-7 * Math.Max(1, Math.Abs(points[i]));
            Assert.InRange(tanh[i] - Reference.Activation(Tensors.Activation.GeluTanh, points[i]), -bound, bound);
            Assert.InRange(erf[i] - Reference.Activation(Tensors.Activation.GeluErf, points[i]), -bound, bound);
        }
    }

    [Fact]
    public void Sine_and_cosine_round_to_the_right_float32_for_positions_beyond_a_million()
    {
        var random = new Random(3);
        for (int i = 0; i < 200_000; i++)
        {
            float angle = (float)(random.NextDouble() * Math.Pow(10, random.Next(-6, 10)));
            (double sine, double cosine) = SineCosine.Of(angle);
            Assert.Equal(Math.Sin(angle), sine, 4e-16);
            Assert.Equal(Math.Cos(angle), cosine, 4e-16);
        }

        Assert.Equal((0.0, 1.0), SineCosine.Of(0));
        Assert.True(double.IsNaN(SineCosine.Of(float.NaN).Sine));
        Assert.True(double.IsNaN(SineCosine.Of(1e13f).Sine));

        // From 60 digits; the second is the float32 nearest to a multiple of π/2 among all below 2³³.
        Assert.Equal(-0.61562117305875088, SineCosine.Of(1_048_575f).Sine, 2e-16);
        Assert.Equal(-4.1857068037572076e-9, SineCosine.Of(252.8982086181640625f).Cosine, 1e-24);
    }

    // In units of the last place of the exact result, as float32s lie there.
    private static double GreatestError<TFunction>(TFunction function, Func<double, double> exact, float[] points)
        where TFunction : struct, IUnaryFunction
    {
        float[] results = Of(function, points);
        double greatest = 0;
        for (int i = 0; i < points.Length; i++)
        {
            double expected = exact(points[i]);
            double ulp = Math.Max(Math.ScaleB(1, Math.ILogB(expected) - 23), float.Epsilon);
            double error = Math.Abs(expected) > float.MaxValue || expected == 0 ? 0 : Math.Abs(results[i] - expected) / ulp;
            greatest = Math.Max(greatest, error);
        }

        return greatest;
    }

    private static float[] Of<TFunction>(TFunction function, float[] x)
        where TFunction : struct, IUnaryFunction
    {
        var y = new float[x.Length];
        fixed (float* from = x, to = y)
        {
            Kernel.Run(InstructionSets.Best, new MapKernel<TFunction>(function, from, to, x.Length), 0, (x.Length + MapKernel<TFunction>.Block - 1) / MapKernel<TFunction>.Block);
        }

        return y;
    }

    private static float[] Range(float low, float high, int count = 300_000)
    {
        var random = new Random(1);
        var values = new float[count];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = low + ((high - low) * random.NextSingle());
        }

        return values;
    }

    // 200 values of each exponent and sign, zero and infinities left out.
    private static float[] EveryExponent()
    {
        var random = new Random(2);
        var values = new float[2 * 255 * 200];
        for (int i = 0; i < values.Length; i++)
        {
            int bits = ((i % 255) << 23) | random.Next(1, 1 << 23) | (i % 2 << 31);
            values[i] = BitConverter.Int32BitsToSingle(bits);
        }

        return values;
    }
}
