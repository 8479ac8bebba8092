using Whorl.MsgPack;
using Whorl.Testing;

namespace Whorl.Protocol.Tests.MsgPack;

public sealed class MsgPackTests
{
    /// <summary>Values and what Python's msgpack makes of them: every boundary between two forms.</summary>
    public static TheoryData<object?, string> Forms => new()
    {
        { null, "c0" },
        { false, "c2" },
        { true, "c3" },
        { 0L, "00" },
        { 127L, "7f" },
        { 128L, "cc80" },
        { 255L, "ccff" },
        { 256L, "cd0100" },
        { 65536L, "ce00010000" },
        { 4294967296L, "cf0000000100000000" },
        { -1L, "ff" },
        { -32L, "e0" },
        { -33L, "d0df" },
        { -129L, "d1ff7f" },
        { -32769L, "d2ffff7fff" },
        { -2147483649L, "d3ffffffff7fffffff" },
        { 1.0, "cb3ff0000000000000" },
        { double.PositiveInfinity, "cb7ff0000000000000" },
        { "", "a0" },
        { "bloom-560m-petals.0", "b3626c6f6f6d2d3536306d2d706574616c732e30" },
        { new byte[] { 1, 2 }, "c4020102" },
        { new List<object?> { 1L, null }, "9201c0" },
        { MsgPackTuple.Of(), "d44090" },
        { MsgPackTuple.Of(1L), "d5409101" },
        { MsgPackTuple.Of("__T0", new List<object?>()), "c7074092a45f5f543090" },
        { new MsgPackMap().Add("a", 1L).Add(new byte[] { 0 }, null), "82a16101c40100c0" },
        { new MsgPackExtension(0x51, [0x80]), "d45180" },
    };

    [Theory]
    [MemberData(nameof(Forms))]
    public void A_value_is_written_as_python_writes_it_and_read_back(object? value, string hex)
    {
        Assert.Equal(hex, Convert.ToHexStringLower(MsgPackWriter.Write(value)));
        Assert.Equal(hex, Convert.ToHexStringLower(MsgPackWriter.Write(MsgPackReader.Read(Convert.FromHexString(hex)))));
    }

    [Theory]
    [InlineData(31, "bf")]
    [InlineData(32, "d920")]
    [InlineData(256, "da0100")]
    [InlineData(65536, "db00010000")]
    public void A_string_has_the_shortest_header(int length, string header)
    {
        byte[] bytes = MsgPackWriter.Write(new string('x', length));

        Assert.Equal(header, Convert.ToHexStringLower(bytes.AsSpan(0, header.Length / 2)));
        Assert.Equal(length, Assert.IsType<string>(MsgPackReader.Read(bytes)).Length);
    }

    [Theory]
    [InlineData("")] // nothing
    [InlineData("c1")] // no such tag
    [InlineData("0000")] // two values
    [InlineData("dd7fffffff")] // an array of 2^31 - 1 elements in no bytes
    [InlineData("dfffffffff")] // a map of 2^32 - 1 entries in no bytes
    [InlineData("c6ffffffff00")] // a byte string of 4 GiB
    [InlineData("810100")] // a map with an integer for a key
    [InlineData("a1ff")] // a string that is not UTF-8
    [InlineData("d54001")] // a tuple that holds a number and then ends too early
    [InlineData("d44001")] // a tuple that holds a number
    [InlineData("cfffffffffffffffff")] // beyond 2^63 - 1
    public void Bytes_that_are_no_value_are_refused(string hex) =>
        Assert.Throws<WireFormatException>(() => MsgPackReader.Read(Convert.FromHexString(hex)));

    [Fact]
    public void Nesting_is_bounded()
    {
        byte[] deep = [.. Enumerable.Repeat((byte)0x91, 100_000), 0xc0];

        Assert.Throws<WireFormatException>(() => MsgPackReader.Read(deep));
    }

    [Fact]
    public void Values_are_bounded_however_few_bytes_they_take_and_wherever_they_lie()
    {
        byte[] maps = [.. Enumerable.Repeat((byte)0x80, MsgPackReader.MaxValues)];
        Assert.Equal(MsgPackReader.MaxValues - 1, Assert.IsType<List<object?>>(MsgPackReader.Read(Array(maps[1..]))).Count);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Throws<WireFormatException>(() => MsgPackReader.Read(Array(maps)));
        byte[] half = Tuple(Array(maps[..(maps.Length / 2)]));
        Assert.Throws<WireFormatException>(() => MsgPackReader.Read(Array([.. half, .. half], count: 2)));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 8 << 20);

        static byte[] Array(byte[] items, int? count = null) => [0xdd, .. BitConverter.GetBytes(count ?? items.Length).Reverse(), .. items];

        static byte[] Tuple(byte[] array) => [0xc9, .. BitConverter.GetBytes(array.Length).Reverse(), 0x40, .. array];
    }

    [Fact]
    public void Any_bytes_give_a_value_or_a_wire_format_exception()
    {
        var random = new Random(7);
        byte[] sample = MsgPackWriter.Write(new MsgPackMap()
            .Add("list", new List<object?> { 1L, -300L, 2.5, "text", new byte[] { 1 } })
            .Add("tuple", MsgPackTuple.Of("a", MsgPackTuple.Of()))
            .Add("extension", new MsgPackExtension(0x50, [0x90])));
        int read = 0;
        foreach (byte[] bytes in Fuzz.Mutations(sample, 20_000, random))
        {
            read += Fuzz.Accepts<WireFormatException>(() => MsgPackWriter.Write(MsgPackReader.Read(bytes))) ? 1 : 0;
        }

        Assert.InRange(read, 1, 19_999);
    }
}
