using System.Runtime.InteropServices;
using Whorl.Testing;

namespace Whorl.Tensors.Tests.Blocks;

public sealed class BlockCodecTests
{
    private static readonly ElementType[] Encoded =
    [
        ElementType.F16, ElementType.BF16, ElementType.Q4_0, ElementType.Q4_1, ElementType.Q5_0, ElementType.Q5_1, ElementType.Q8_0,
        ElementType.Q2_K, ElementType.Q3_K, ElementType.Q4_K, ElementType.Q5_K, ElementType.Q6_K,
        ElementType.IQ4_NL, ElementType.IQ4_XS, ElementType.TQ1_0, ElementType.TQ2_0, ElementType.MXFP4,
    ];

    public static TheoryData<ElementType> Decodable =>
        new(ElementTypes.All.Select(info => info.Type).Where(BlockCodec.CanDecode).Except([ElementType.F32, ElementType.F64]));

    public static TheoryData<ElementType> Encodable => new(Encoded);

    [Theory]
    [MemberData(nameof(Decodable))]
    public void Decoding_gives_the_bits_that_ggml_gives(ElementType type)
    {
        GoldenArrays golden = new(ReferenceData.PathOf("golden", "quantisation", "gguf_dequantise.safetensors"));
        float[] expected = golden.Floats($"{type}.values");
        float[] values = new float[expected.Length];

        BlockCodec.Decode(type, golden.Bytes($"{type}.bytes"), values);

        AssertSameBits(expected, values);
    }

    [Fact]
    public void Every_type_of_the_reference_file_that_is_not_decoded_is_said_to_be_so()
    {
        GoldenArrays golden = new(ReferenceData.PathOf("golden", "quantisation", "gguf_dequantise.safetensors"));
        foreach (string name in golden.Names.Where(name => name.EndsWith(".bytes", StringComparison.Ordinal)))
        {
            Assert.True(ElementTypes.TryParse(name[..^".bytes".Length], out ElementTypeInfo? info));
            if (!BlockCodec.CanDecode(info.Type))
            {
                byte[] block = new byte[info.BlockBytes];
                float[] values = new float[info.BlockSize];
                Exception refused = Assert.Throws<NotSupportedException>(() => BlockCodec.Decode(info.Type, block, values));
                Assert.Contains(info.Name, refused.Message, StringComparison.Ordinal);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Encodable))]
    public void Encoding_gives_the_bytes_that_ggml_gives(ElementType type)
    {
        GoldenArrays golden = new(ReferenceData.PathOf("golden", "quantisation", "gguf_quantise.safetensors"));
        byte[] expected = golden.Bytes($"{type}.ggml").ToArray();
        float[] values = golden.Floats("x");
        byte[] bytes = new byte[expected.Length];

        BlockCodec.Encode(type, values, bytes);

        int row = bytes.Length / 23;
        int[] differing = [.. Enumerable.Range(0, bytes.Length).Where(i => bytes[i] != expected[i])];
        string rows = string.Join(' ', differing.Select(i => i / row).Distinct());
        Assert.True(differing.Length == 0, $"{differing.Length} bytes differ, rows {rows}");
    }

    [Theory]
    [MemberData(nameof(Encodable))]
    public void Encoding_what_was_decoded_keeps_the_values_close(ElementType type)
    {
        Random random = new(7);
        float[] values = new float[1024];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = (float)((random.NextDouble() * 2) - 1);
        }

        byte[] bytes = new byte[ElementTypes.Info(type).BytesFor(values.Length)];
        float[] back = new float[values.Length];
        BlockCodec.Encode(type, values, bytes);
        BlockCodec.Decode(type, bytes, back);

        double error = values.Zip(back, (a, b) => Math.Pow(a - b, 2)).Sum() / values.Sum(value => Math.Pow(value, 2));
        double bitsLost = type is ElementType.TQ1_0 or ElementType.TQ2_0 ? 0.4 : 0.1;
        Assert.InRange(Math.Sqrt(error), 0, Math.Sqrt(bitsLost));
    }

    [Theory]
    [MemberData(nameof(Decodable))]
    public void Every_byte_pattern_of_a_block_decodes(ElementType type)
    {
        Random random = new(11);
        ElementTypeInfo info = ElementTypes.Info(type);
        byte[] block = new byte[info.BlockBytes];
        float[] values = new float[info.BlockSize];
        for (int round = 0; round < 1000; round++)
        {
            random.NextBytes(block);
            BlockCodec.Decode(type, block, values);
        }
    }

    [Theory]
    [MemberData(nameof(Encodable))]
    public void Values_that_are_no_numbers_end_in_some_block(ElementType type)
    {
        ElementTypeInfo info = ElementTypes.Info(type);
        float[] odd = [float.NaN, float.PositiveInfinity, float.NegativeInfinity, float.MaxValue, float.Epsilon, 0, -0f, 1];
        float[] values = [.. Enumerable.Range(0, info.BlockSize * 8).Select(i => odd[i * 7 % 13 % 8])];
        BlockCodec.Encode(type, values, new byte[info.BytesFor(values.Length)]);
    }

    [Fact]
    public void Every_f16_expands_as_the_framework_has_it_and_rounds_back()
    {
        ushort[] all = [.. Enumerable.Range(0, 1 << 16).Select(bits => (ushort)bits)];
        ReadOnlySpan<byte> bytes = MemoryMarshal.AsBytes(all);
        float[] values = new float[all.Length];
        byte[] back = new byte[bytes.Length];

        BlockCodec.Decode(ElementType.F16, bytes, values);
        BlockCodec.Encode(ElementType.F16, values, back);

        for (int i = 0; i < all.Length; i++)
        {
            float expected = (float)BitConverter.UInt16BitsToHalf(all[i]);
            bool isSame = BitConverter.SingleToUInt32Bits(expected) == BitConverter.SingleToUInt32Bits(values[i]);
            Assert.True(isSame || (float.IsNaN(expected) && float.IsNaN(values[i])), $"0x{i:X4}: {expected} expected, {values[i]} found");
            Assert.True(float.IsNaN(expected) || all[i] == BitConverter.ToUInt16(back, 2 * i), $"0x{i:X4} does not return");
        }
    }

    [Fact]
    public void Block_sizes_are_those_of_the_table()
    {
        foreach (ElementTypeInfo info in ElementTypes.All.Where(info => info.IsQuantised && BlockCodec.CanDecode(info.Type)))
        {
            Type block = typeof(BlockCodec).Assembly.GetType($"Whorl.Tensors.{info.Name}Block", throwOnError: true)!;
            Assert.Equal(info.BlockSize, block.GetProperty("Elements")!.GetValue(null));
            Assert.Equal(info.BlockBytes, block.GetProperty("Bytes")!.GetValue(null));
        }
    }

    [Fact]
    public void Lengths_that_do_not_fit_are_refused()
    {
        Assert.Throws<ArgumentException>(() => BlockCodec.Decode(ElementType.Q4_0, new byte[18], new float[31]));
        Assert.Throws<ArgumentException>(() => BlockCodec.Decode(ElementType.Q4_0, new byte[17], new float[32]));
        Assert.Throws<ArgumentException>(() => BlockCodec.Encode(ElementType.Q6_K, new float[128], new byte[105]));
        Assert.Throws<ArgumentException>(() => BlockCodec.Encode(ElementType.F16, new float[3], new byte[8]));
    }

    private static void AssertSameBits(float[] expected, float[] values)
    {
        ReadOnlySpan<uint> expectedBits = MemoryMarshal.Cast<float, uint>(expected);
        ReadOnlySpan<uint> bits = MemoryMarshal.Cast<float, uint>(values);
        for (int i = 0; i < bits.Length; i++)
        {
            Assert.True(expectedBits[i] == bits[i], $"element {i}: {expected[i]:R} expected, {values[i]:R} found");
        }
    }
}
