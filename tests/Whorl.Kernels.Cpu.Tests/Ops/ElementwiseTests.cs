using Whorl.Kernels.Cpu.Lanes;
using Whorl.Kernels.Cpu.Ops;
using Whorl.Tensors;

namespace Whorl.Kernels.Cpu.Tests;

public sealed unsafe class ElementwiseTests : IDisposable
{
    private readonly CpuBackend _backend = new(new CpuBackendOptions { Threads = 2, SharesEverything = true });

    public void Dispose() => _backend.Dispose();

    [Theory]
    [MemberData(nameof(EveryLanes.Kinds), MemberType = typeof(EveryLanes))]
    public void Functions_of_one_value_have_the_scalar_forms_bits_at_every_length(string kind)
    {
        InstructionSet set = EveryLanes.Of(kind);
        Check(set, default(Silu));
        Check(set, default(GeluTanh));
        Check(set, default(GeluErf));
        Check(set, default(Relu));
        Check(set, default(ReluSquared));
        Check(set, default(Sigmoid));
        Check(set, default(Softplus));
        Check(set, default(Tanh));
        Check(set, default(RoundToBFloat16));
        Check(set, new Times(0.37f));
        Check(set, new Clamp(-0.5f, 1.5f));
        Check(set, new SoftCap(30f));
    }

    [Theory]
    [MemberData(nameof(EveryLanes.Kinds), MemberType = typeof(EveryLanes))]
    public void Functions_of_two_values_have_the_scalar_forms_bits_at_every_length(string kind)
    {
        InstructionSet set = EveryLanes.Of(kind);
        Check2(set, default(Plus));
        Check2(set, default(Product));
        Check2(set, default(Gated<Silu>));
        Check2(set, default(Gated<GeluErf>));
    }

    [Theory]
    [InlineData(Activation.Silu)]
    [InlineData(Activation.GeluTanh)]
    [InlineData(Activation.GeluErf)]
    [InlineData(Activation.Relu)]
    [InlineData(Activation.ReluSquared)]
    [InlineData(Activation.Sigmoid)]
    [InlineData(Activation.Softplus)]
    [InlineData(Activation.Tanh)]
    public void A_gate_is_the_product_of_the_activation_bit_for_bit_and_near_float64(Activation function)
    {
        Tensor gate = Tensor(37, 997, Numbers.Random(37 * 997, 1, 6)), up = Tensor(37, 997, Numbers.Random(37 * 997, 2));
        Tensor activated = _backend.Activate(function, gate);
        Numbers.AssertSameBits(_backend.Multiply(activated, up).Span, _backend.Gate(function, gate, up).Span);
        double[] expected = Array.ConvertAll(gate.Span.ToArray(), x => Reference.Activation(function, x));
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.Equal(expected[i], activated.Span[i], 3e-7 * Math.Max(1, Math.Abs(expected[i])));
        }
    }

    [Fact]
    public void Sums_and_products_take_one_row_or_one_column_for_all()
    {
        Tensor a = Tensor(3, 2, [1, 2, 3, 4, 5, 6]), row = Tensor(1, 2, [10, 100]), column = Tensor(3, 1, [1, 10, 100]);
        Assert.Equal([11f, 102, 13, 104, 15, 106], _backend.Add(a, row).Span.ToArray());
        Assert.Equal([2f, 4, 6, 8, 10, 12], _backend.Add(a, a).Span.ToArray());
        Assert.Equal([10f, 200, 30, 400, 50, 600], _backend.Multiply(a, row).Span.ToArray());
        Assert.Equal([1f, 2, 30, 40, 500, 600], _backend.Multiply(a, column).Span.ToArray());
        Assert.Equal([1f, 4, 9, 16, 25, 36], _backend.Multiply(a, a).Span.ToArray());
        Assert.Throws<ShapeMismatchException>(() => _backend.Add(a, column));
        Assert.Throws<ShapeMismatchException>(() => _backend.Multiply(row, a));
        Assert.Throws<ShapeMismatchException>(() => _backend.Gate(Activation.Silu, a, row));
    }

    [Fact]
    public void Great_tensors_shared_among_threads_have_the_same_bits()
    {
        using var alone = new CpuBackend(new CpuBackendOptions { Threads = 1 });
        float[] values = Numbers.Random(70 * 1037, 3, 4);
        Tensor x = Tensor(70, 1037, values);
        Numbers.AssertSameBits(alone.Activate(Activation.GeluErf, x).Span, _backend.Activate(Activation.GeluErf, x).Span);
        Numbers.AssertSameBits(alone.Add(x, x.Slice(3, 1)).Span, _backend.Add(x, x.Slice(3, 1)).Span);
        Numbers.AssertSameBits(alone.Softmax(x).Span, _backend.Softmax(x).Span);
        Numbers.AssertSameBits(alone.RmsNorm(x, null, 1e-5f).Span, _backend.RmsNorm(x, null, 1e-5f).Span);
    }

    [Fact]
    public void Bfloat16_rounds_half_to_even_and_keeps_what_is_no_number()
    {
        Tensor x = Tensor(1, 8, [1f, 1.00390625f, 1.01171875f, 1.0039064f, float.PositiveInfinity, float.NaN, float.MaxValue, -0f]);
        float[] y = _backend.RoundToBFloat16(x).Span.ToArray();
        Numbers.AssertSameBits([1f, 1f, 1.015625f, 1.0078125f, float.PositiveInfinity, float.NaN, float.PositiveInfinity, -0f], y);
        Assert.True(float.IsNaN(_backend.RoundToBFloat16(Tensor(1, 1, [BitConverter.Int32BitsToSingle(0x7F800001)])).Span[0]));
    }

    [Fact]
    public void Limits_keep_what_is_no_number()
    {
        Tensor x = Tensor(1, 5, [-2f, 0.5f, 7f, float.NaN, float.NegativeInfinity]);
        Numbers.AssertSameBits([-1f, 0.5f, 2f, float.NaN, -1f], _backend.Clamp(x, -1, 2).Span);
        Numbers.AssertSameBits([0f, 0.5f, 7f, float.NaN, 0f], _backend.Activate(Activation.Relu, x).Span);
    }

    private static void Check<TFunction>(InstructionSet set, TFunction function)
        where TFunction : struct, IUnaryFunction
    {
        float[] wild = Numbers.Wild(257, 7);
        for (int length = 0; length <= 257; length++)
        {
            using var x = new GuardedFloats(wild.AsSpan(0, length), length % 16);
            using var expected = new GuardedFloats(length, (length + 3) % 16);
            using var actual = new GuardedFloats(length, (length + 7) % 16);
            Kernel.Run(InstructionSet.Scalar, new MapKernel<TFunction>(function, x.Data, expected.Data, length), 0, 1);
            Kernel.Run(set, new MapKernel<TFunction>(function, x.Data, actual.Data, length), 0, 1);
            Numbers.AssertSameBits(expected.Span, actual.Span, $"{typeof(TFunction).Name}, length {length}");
            Kernel.Run(set, new MapKernel<TFunction>(function, x.Data, x.Data, length), 0, 1);
            Numbers.AssertSameBits(expected.Span, x.Span, $"{typeof(TFunction).Name} in place, length {length}");
            expected.AssertStripsUntouched();
            actual.AssertStripsUntouched();
            x.AssertStripsUntouched();
        }
    }

    private static void Check2<TFunction>(InstructionSet set, TFunction function)
        where TFunction : struct, IBinaryFunction
    {
        float[] wildA = Numbers.Wild(3 * 257, 7), wildB = Numbers.Wild(3 * 257, 8);
        for (int length = 0; length <= 257; length++)
        {
            using var a = new GuardedFloats(wildA.AsSpan(0, 3 * length), length % 16);
            using var b = new GuardedFloats(wildB.AsSpan(0, 3 * length), length % 5);
            using var expected = new GuardedFloats(3 * length, (length + 3) % 16);
            using var actual = new GuardedFloats(3 * length, (length + 7) % 16);
            Kernel.Run(InstructionSet.Scalar, new ZipKernel<TFunction>(function, a.Data, b.Data, length, expected.Data, length), 0, 3);
            Kernel.Run(set, new ZipKernel<TFunction>(function, a.Data, b.Data, length, actual.Data, length), 0, 3);
            Numbers.AssertSameBits(expected.Span, actual.Span, $"{typeof(TFunction).Name}, length {length}");
            actual.AssertStripsUntouched();
        }
    }

    private Tensor Tensor(int rows, int columns, float[] values)
    {
        Tensor result = _backend.Rent(rows, columns);
        values.CopyTo(result.Span);
        return result;
    }
}
