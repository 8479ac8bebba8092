using Whorl.Protocol.Messages;
using Whorl.Protocol.Tensors;
using Whorl.Tensors;
using Whorl.Testing;

namespace Whorl.Protocol.Tests.Tensors;

public sealed class TensorCodecTests
{
    public static TheoryData<TensorCompression> Compressions => new(Enum.GetValues<TensorCompression>());

    [Fact]
    public void Bfloat16_travels_in_two_bytes_and_the_legacy_form_reads_the_same()
    {
        WireArray array = WireArray.FromSingles([1f, -2.5f, 3.140625f], [3], ElementType.BF16);

        TensorMessage plain = TensorCodec.Encode(array);
        TensorMessage legacy = TensorCodec.EncodeLegacyBFloat16(array);

        Assert.Equal(6, plain.Buffer.Length);
        Assert.Equal(12, legacy.Buffer.Length);
        Assert.Equal(TensorCodec.Decode(plain).ToSingles(), TensorCodec.Decode(legacy).ToSingles());
    }

    [Theory]
    [MemberData(nameof(Compressions))]
    public void What_is_compressed_is_read_back_close_to_what_it_was(TensorCompression compression)
    {
        var random = new Random(17);
        var values = new float[2 * 3 * 1500];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = (float)((random.NextDouble() * 2) - 1);
        }

        WireArray back = TensorCodec.Decode(TensorMessage.Parse(
            TensorCodec.Encode(WireArray.FromSingles(values, [2, 3, 1500]), compression).ToBytes()));

        Assert.Equal([2, 3, 1500], back.Shape);
        float[] restored = back.ToSingles();
        float worst = values.Zip(restored, (a, b) => Math.Abs(a - b)).Max();
        Assert.InRange(worst, 0, compression == TensorCompression.None ? 0 : 0.05);
    }

    [Theory]
    [MemberData(nameof(Compressions))]
    public void A_buffer_of_any_other_length_is_refused(TensorCompression compression)
    {
        TensorMessage message = TensorCodec.Encode(WireArray.FromSingles(new float[96], [4, 24]), compression);
        var longer = new byte[message.Buffer.Length + 1];
        message.Buffer.CopyTo(longer);

        Assert.Throws<WireFormatException>(() => TensorCodec.Decode(message with { Buffer = longer }));
        Assert.Throws<WireFormatException>(() => TensorCodec.Decode(message with { Buffer = message.Buffer[..^1] }));
        Assert.Throws<WireFormatException>(() => TensorCodec.Decode(message with { Buffer = default }));
        Assert.Throws<WireFormatException>(() => TensorCodec.Decode(message with { DataType = "complex64" }));
    }

    [Theory]
    [MemberData(nameof(Compressions))]
    public void Any_buffer_gives_elements_or_a_wire_format_exception(TensorCompression compression)
    {
        var random = new Random(3);
        TensorMessage message = TensorCodec.Encode(WireArray.FromSingles(new float[30], [5, 6]), compression);
        for (int round = 0; round < 2000; round++)
        {
            byte[] bytes = message.Buffer.ToArray();
            for (int i = 0; i < 4; i++)
            {
                bytes[random.Next(Math.Min(bytes.Length, 32))] = (byte)random.Next(256);
            }

            Fuzz.Accepts<WireFormatException>(
                () => TensorCodec.Decode(message with { Buffer = bytes.AsMemory(0, random.Next(bytes.Length + 1)) }));
        }
    }

    [Fact]
    public void Hypothesis_ids_travel_as_int64()
    {
        TensorMessage message = TensorCodec.Encode(WireArray.FromInt64s([2, 2, 0], [3]));

        Assert.Equal("int64", message.DataType);
        Assert.Equal([2, 2, 0], TensorCodec.Decode(message).ToInt64s());
        Assert.Throws<WireFormatException>(() => WireArray.FromSingles([1f], [1]).ToInt64s());
    }

    [Fact]
    public void A_shape_beyond_the_limits_is_refused_before_anything_is_read()
    {
        Assert.Throws<ArgumentException>(() => new WireArray(ElementType.F32, [1 << 20, 1 << 20], default));
        Assert.Throws<ArgumentException>(() => new WireArray(ElementType.F32, [1, 1, 1, 1, 1, 1, 1, 1, 1], new byte[4]));
        Assert.Throws<ArgumentException>(() => new WireArray(ElementType.F32, [2], new byte[4]));
    }

    [Fact]
    public void An_assembler_refuses_missing_parts_leading_parts_and_too_many_bytes()
    {
        TensorMessage whole = TensorCodec.Encode(WireArray.FromSingles(new float[100], [100]));
        TensorMessage[] parts = [.. TensorParts.Split(whole, 64)];

        var missing = new TensorAssembler(1 << 20);
        missing.Add(parts[0]);
        Assert.Throws<WireFormatException>(() => missing.Finish());
        Assert.Throws<WireFormatException>(() => new TensorAssembler(1 << 20).Add(parts[1]));
        Assert.Throws<WireFormatException>(() => new TensorAssembler(63).Add(parts[0]));
    }
}
