using Whorl.Formats;
using Whorl.Tensors;
using Whorl.Testing;

namespace Whorl.Kernels.Cpu.Tests.Linear;

/// <summary>ggml's own blocks, extreme scales among them: values to the bit, products within the chain's rounding.</summary>
public sealed class GoldenProductTests
{
    public static TheoryData<ElementType> Types() =>
        [.. ElementTypes.All.Select(info => info.Type).Where(type => BlockCodec.CanDecode(type) && type is not (ElementType.F32 or ElementType.F64 or ElementType.F8_E4M3 or ElementType.F8_E5M2 or ElementType.F8_E8M0))];

    [Theory]
    [MemberData(nameof(Types))]
    public void Packed_blocks_give_ggmls_values_and_products(ElementType type)
    {
        const int Columns = 512;
        string path = ReferenceData.PathOf("golden", "quantisation", "gguf_dequantise.safetensors");
        var golden = SafetensorsHeader.Read(path).Tensors.ToDictionary(entry => entry.Name);
        if (!golden.TryGetValue($"{type}.bytes", out TensorEntry? entry))
        {
            return;
        }

        byte[] file = File.ReadAllBytes(path);
        float[] values = Floats(file, golden[$"{type}.values"]), x = Floats(file, golden["x"]);
        double[] dots = Doubles(file, golden[$"{type}.dot"]), sizes = Doubles(file, golden[$"{type}.dot_abs"]);
        using var backend = new CpuBackend(new CpuBackendOptions { Threads = 1, Activations = ActivationFormat.F32 });
        using var weight = new LinearWeight(backend.Pack(type, dots.Length, Columns, file.AsSpan((int)entry.Offset, (int)entry.ByteLength)));
        Tensor input = backend.Rent(1, Columns);
        x.CopyTo(input.Span);
        float[] y = backend.Linear(input, weight).Span.ToArray();
        for (int r = 0; r < dots.Length; r++)
        {
            Bits.Equal(values.AsSpan(r * Columns, Columns), backend.Gather(weight.Matrix, [r]).Span, $"{type}, row {r}");
            bool beyondFloat = !(sizes[r] <= float.MaxValue); // infinities among the values, or bfloat16s of random bits: no product to speak of
            Assert.True(
                beyondFloat || Math.Abs(y[r] - dots[r]) <= sizes[r] * Columns * Math.Pow(2, -24),
                $"{type}, row {r}: {y[r]:R}, not {dots[r]:R}");
        }
    }

    private static float[] Floats(byte[] file, TensorEntry entry)
    {
        float[] values = new float[entry.ElementCount];
        BlockCodec.Decode(ElementType.F32, file.AsSpan((int)entry.Offset, (int)entry.ByteLength), values);
        return values;
    }

    private static double[] Doubles(byte[] file, TensorEntry entry)
    {
        double[] values = new double[entry.ElementCount];
        Buffer.BlockCopy(file, (int)entry.Offset, values, 0, (int)entry.ByteLength);
        return values;
    }
}
