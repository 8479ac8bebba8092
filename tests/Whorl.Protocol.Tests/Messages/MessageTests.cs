using System.Text;
using Whorl.Protocol.Messages;
using Whorl.Protocol.Tensors;
using Whorl.Testing;

namespace Whorl.Protocol.Tests.Messages;

public sealed class MessageTests
{
    [Fact]
    public void Tensors_have_the_golden_bytes()
    {
        Assert.Equal(
            "0a080000803f000000c012030101022207666c6f61743332",
            Hex(TensorCodec.Encode(WireArray.FromSingles([1f, -2f], [1, 1, 2])).ToBytes()));
        Assert.Equal("1201002207666c6f61743332", Hex(TensorCodec.Encode(WireArray.FromSingles([], [0])).ToBytes()));
        Assert.Equal("1201002205696e743634", Hex(TensorCodec.Encode(WireArray.FromInt64s([], [0])).ToBytes()));
    }

    [Fact]
    public void A_request_has_the_golden_bytes()
    {
        var request = new ExpertRequest("bloom-560m-petals.0", [TensorCodec.Encode(WireArray.FromSingles([1f, -2f], [1, 1, 2]))], default);

        Assert.Equal(
            "0a13626c6f6f6d2d3536306d2d706574616c732e3012180a080000803f000000c012030101022207666c6f61743332", Hex(request.ToBytes()));
        Assert.Empty(ExpertRequest.End.ToBytes());
    }

    [Fact]
    public void A_field_of_a_later_version_is_passed_over()
    {
        byte[] bytes = [.. new ExpertUid("x.0").ToBytes(), 0xfa, 0x07, 0x02, 0x01, 0x02];

        Assert.Equal("x.0", ExpertUid.Parse(bytes).Uid);
    }

    [Fact]
    public void Too_many_tensors_are_refused_by_their_count()
    {
        byte[] bytes = [.. Enumerable.Range(0, MessageLimits.MaxTensors + 1).SelectMany(_ => new byte[] { 0x12, 0x00 })];

        Assert.Throws<WireFormatException>(() => ExpertRequest.Parse(bytes));
        Assert.Throws<WireFormatException>(() => ExpertResponse.Parse(bytes));
    }

    [Theory]
    [InlineData("1209010101010101010101")] // nine dimensions, packed
    [InlineData("100110011001100110011001100110011001")] // nine dimensions, one by one
    [InlineData("1205ffffffff0f")] // 2^32 - 1 elements
    [InlineData("120a80808008ff01ffffffff0f")] // overflowing product
    [InlineData("12060080808080 08")] // an absurd size behind a 0
    [InlineData("2806")] // an unknown compression
    [InlineData("30ffffffff07")] // 2^31 - 1 parts
    [InlineData("2201ff")] // a type that is not UTF-8
    [InlineData("0a05")] // ends within the buffer
    [InlineData("0b")] // a group
    [InlineData("08")] // ends within a number
    [InlineData("09000000")] // ends within a fixed number
    public void A_tensor_beyond_the_limits_is_refused(string hex) =>
        Assert.Throws<WireFormatException>(
            () => TensorMessage.Parse(Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal))));

    [Fact]
    public void A_uid_that_is_not_utf8_is_refused() =>
        Assert.Throws<WireFormatException>(() => ExpertUid.Parse([0x0a, 0x02, 0xc3, 0x28]));

    [Fact]
    public void Any_bytes_give_a_message_or_a_wire_format_exception()
    {
        var random = new Random(11);
        TensorMessage tensor =
            TensorCodec.Encode(WireArray.FromSingles([1f, 2f, 3f], [1, 3]), TensorCompression.Float16) with { Chunks = 1 };
        byte[] request = new ExpertRequest("a.0 a.1", [tensor, tensor], Encoding.UTF8.GetBytes("metadata")).ToBytes();
        int read = 0;
        foreach (byte[] bytes in Fuzz.Mutations(request, 20_000, random))
        {
            read += Fuzz.Accepts<WireFormatException>(() => ExpertRequest.Parse(bytes).ToBytes()) ? 1 : 0;
            Fuzz.Accepts<WireFormatException>(() => ExpertResponse.Parse(bytes).ToBytes());
            Fuzz.Accepts<WireFormatException>(() => ExpertUid.Parse(bytes).ToBytes());
            Fuzz.Accepts<WireFormatException>(() => ExpertInfo.Parse(bytes).ToBytes());
            Fuzz.Accepts<WireFormatException>(() => TensorMessage.Parse(bytes).ToBytes());
        }

        Assert.InRange(read, 1, 19_999);
    }

    [Fact]
    public void A_chain_of_blocks_is_joined_by_spaces()
    {
        Assert.Equal("m/x-petals.2 m/x-petals.3", ModuleUid.Chain("m/x-petals", 2, 4));
        Assert.Equal(["a.0", "a.1"], ModuleUid.SplitChain("a.0 a.1"));
        Assert.Empty(ModuleUid.SplitChain(""));
        Assert.Equal(new ModuleUid("a", 12), ModuleUid.Parse("a.12"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("a")]
    [InlineData(".0")]
    [InlineData("a.")]
    [InlineData("a.-1")]
    [InlineData("a.b.0")]
    [InlineData("a.0 a.1")]
    public void What_is_not_a_blocks_name_is_refused(string uid) => Assert.Throws<WireFormatException>(() => ModuleUid.Parse(uid));

    private static string Hex(byte[] bytes) => Convert.ToHexStringLower(bytes);
}
