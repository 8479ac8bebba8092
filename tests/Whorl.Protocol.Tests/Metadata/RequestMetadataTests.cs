using System.Text;
using Whorl.MsgPack;
using Whorl.Protocol.Messages;
using Whorl.Protocol.Metadata;
using Whorl.Testing;

namespace Whorl.Protocol.Tests.Metadata;

public sealed class RequestMetadataTests
{
    [Fact]
    public void The_first_message_of_a_session_has_the_golden_bytes()
    {
        string id = new('a', 36);
        var metadata = new RequestMetadata
        {
            SessionId = id,
            StepId = id,
            MaxLength = 8,
            Points = 0.0,
            ActiveAdapter = "",
            Arguments = [0, 1, 2],
            StartFromPosition = 0,
        };
        string hexId = "d924" + string.Concat(Enumerable.Repeat("61", 36));

        Assert.Equal(
            "87aa73657373696f6e5f6964" + hexId + "a7737465705f6964" + hexId
            + "aa6d61785f6c656e67746808a6706f696e7473cb0000000000000000ae6163746976655f61646170746572a0ae617267735f737472756374757265"
            + "c7184092c7134093c4045f5f5430c4045f5f5431c4045f5f543280b373746172745f66726f6d5f706f736974696f6e00",
            Convert.ToHexStringLower(metadata.ToBytes()));
    }

    [Fact]
    public void Next_servers_have_the_golden_bytes()
    {
        byte[] bytes = new RequestMetadata { NextServers = [new NextServer("QmX", "sid", 5, 10)] }.ToBytes();

        Assert.EndsWith("91c70b4094a3516d58a3736964050a", Convert.ToHexStringLower(bytes), StringComparison.Ordinal);
    }

    [Fact]
    public void Every_property_survives_the_round_trip()
    {
        var metadata = new RequestMetadata
        {
            SessionId = "s",
            StepId = "t",
            MaxLength = 1 << 20,
            Points = 1.5,
            ActiveAdapter = "who/what",
            StartFromPosition = 3,
            NextServers = [new NextServer("p", "q", 0, 2), new NextServer("r", "s", 2, 4)],
            Arguments = [1, 0],
            OutputCompression = [TensorCompression.Float16, TensorCompression.None],
            AllocationTimeout = 2.5,
            Pushed = true,
        };

        RequestMetadata read = RequestMetadata.Parse(metadata.ToBytes());

        Assert.Equal(metadata.NextServers, read.NextServers);
        Assert.Equal(metadata.Arguments, read.Arguments);
        Assert.Equal(metadata.OutputCompression, read.OutputCompression);
        Assert.Equal(
            metadata with { NextServers = null, Arguments = null, OutputCompression = null },
            read with { NextServers = null, Arguments = null, OutputCompression = null });
    }

    [Fact]
    public void No_bytes_are_no_metadata_and_unknown_keys_are_passed_over()
    {
        Assert.Equal(new RequestMetadata(), RequestMetadata.Parse(default));
        Assert.Equal("s", RequestMetadata.Parse(MsgPackWriter.Write(new MsgPackMap().Add("later", 1).Add("session_id", "s"))).SessionId);
    }

    [Fact]
    public void Values_of_the_wrong_type_or_range_are_refused()
    {
        (string Key, object? Value)[] wrong =
        [
            ("max_length", 1.0), ("max_length", -1L), ("max_length", 1L << 40), ("points", "1"), ("session_id", 5L),
            ("session_id", new string('x', 300)), ("next_servers", 1L), ("next_servers", new List<object?> { "a" }),
            ("next_servers", new List<object?> { MsgPackTuple.Of("a", "b", 4L, 2L) }), ("output_compression", MsgPackTuple.Of(17L)),
            ("args_structure", "uid"), ("args_structure", MsgPackTuple.Of(MsgPackTuple.Of(1L), new MsgPackMap())),
            ("args_structure", MsgPackTuple.Of(MsgPackTuple.Of(Encoding.ASCII.GetBytes("__T99999")), new MsgPackMap())), ("pushed", 1L),
        ];
        foreach ((string key, object? value) in wrong)
        {
            Assert.Throws<WireFormatException>(() => RequestMetadata.Parse(MsgPackWriter.Write(new MsgPackMap().Add(key, value))));
        }
    }

    [Fact]
    public void Any_bytes_give_metadata_or_a_wire_format_exception()
    {
        byte[] sample = new RequestMetadata
        {
            SessionId = "s",
            MaxLength = 300,
            Points = 1,
            NextServers = [new NextServer("p", "q", 0, 2)],
            Arguments = [0, 1],
            OutputCompression = [TensorCompression.Float16],
        }.ToBytes();
        int read = 0;
        foreach (byte[] bytes in Fuzz.Mutations(sample, 20_000, new Random(5)))
        {
            read += Fuzz.Accepts<WireFormatException>(() => RequestMetadata.Parse(bytes)) ? 1 : 0;
        }

        Assert.InRange(read, 1, 19_999);
    }
}
