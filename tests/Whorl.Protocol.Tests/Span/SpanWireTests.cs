using System.Buffers.Binary;
using Google.Protobuf;
using Whorl.P2P;
using Whorl.Testing;

namespace Whorl.Protocol.Tests.Span;

/// <summary>Headers and frames of <c>/whorl/span/1</c>.</summary>
public sealed class SpanWireTests
{
    private static readonly Guid Session = Guid.Parse("00112233-4455-6677-8899-aabbccddeeff");

    private static readonly PeerId Next = PeerId.FromBytes([0x12, 0x20, .. Enumerable.Repeat<byte>(7, 32)]);

    private static readonly SpanRequest[] Requests =
    [
        new SpanRequest.Describe(),
        new SpanRequest.Open(5, 9, 128, 0, "ab"),
        new SpanRequest.Step(1, 2, true),
        new SpanRequest.Step(7, 2, false) { HasVerdict = true, Keep = new[] { 0, 2 }, IsScratch = true, Parents = new[] { -1, 0 } },
        new SpanRequest.Open(5, 9, 128, 0, "c 1") { SessionId = Session },
        new SpanRequest.Attach(Session, 6),
        new SpanRequest.Step(2, 1, false) { Position = 0 },
        new SpanRequest.Open(5, 9, 128, 0, "c 1") { PrefixScope = new byte[] { 7, 8 } },
        new SpanRequest.Accept(Session, Next),
        new SpanRequest.Forward(Session, Next, [Multiaddress.Parse("/ip4/10.0.0.1/tcp/4001")], -2),
        new SpanRequest.Feed(Session),
        new SpanRequest.Step(2, 1, false) { Push = true },
        new SpanRequest.Open(5, 9, 128, 0, "c 1") { HeedsMoved = true },
        new SpanRequest.HandOver(Next, Session, 5, 9, 128, 2, "c 1", 6, 100),
        new SpanRequest.State(),
        new SpanRequest.Drain(),
    ];

    private static readonly SpanReply[] Replies =
    [
        new SpanReply.Description(0, 3, 256, "ab"),
        new SpanReply.Opened(),
        new SpanReply.Result(3, TimeSpan.FromMicroseconds(5)),
        new SpanReply.Failure(SpanFailureCode.OutOfMemory, "no"),
        new SpanReply.Description(0, 3, 256, "c 1") { Features = SpanFeatures.Position | SpanFeatures.Attach },
        new SpanReply.Opened(TimeSpan.FromMilliseconds(1000)),
        new SpanReply.Attached(7, TimeSpan.FromMilliseconds(1000)),
        new SpanReply.Result(3, TimeSpan.FromMicroseconds(5), TimeSpan.FromMicroseconds(1)),
        new SpanReply.Failure(SpanFailureCode.SessionLost, "no"),
        new SpanReply.Result(3, TimeSpan.FromMicroseconds(5)) { FoundRows = 256 },
        new SpanReply.Linked(),
        new SpanReply.Result(3, TimeSpan.FromMicroseconds(5)) { IsPushed = true },
        new SpanReply.Moved(Next, Session),
        new SpanReply.Moved(null, null),
    ];

    [Fact]
    public void Requests_have_the_golden_bytes() =>
        Assert.Equal(["0a00", "120b08051009188001" + "32026162", "1a06080110021801", "1a1008071002" + "2001" + "2a020002" + "3001" + "3a020100"], Requests[..4].Select(r => Hex(Bytes(r))));

    [Fact]
    public void Replies_have_the_golden_bytes() =>
        Assert.Equal(["0a0910031880023a026162", "1200", "1a0508031088" + "27", "2206080212026e6f"], Replies[..4].Select(r => Hex(SpanWire.ToMessage(r).ToByteArray())));

    [Fact]
    public void Requests_about_sessions_that_outlive_a_stream_have_the_golden_bytes() => Assert.Equal(
        [
            "121e0805100918800" + "13203632031" + "3a10" + "00112233445566778899aabbccddeeff",
            "22140a10" + "00112233445566778899aabbccddeeff" + "1006",
            "1a06080210014000",
        ],
        Requests[4..7].Select(r => Hex(Bytes(r))));

    [Fact]
    public void A_request_to_share_beginnings_of_texts_has_the_golden_bytes() =>
        Assert.Equal("12100805100918800" + "13203632031" + "42020708", Hex(Bytes(Requests[7])));

    [Fact]
    public void Replies_about_sessions_that_outlive_a_stream_have_the_golden_bytes() => Assert.Equal(
        ["0a0c10031880023a036320314006", "120308e807", "2a05080710e807", "1a080803108827" + "18e807", "22060804" + "12026e6f"],
        Replies[4..9].Select(r => Hex(SpanWire.ToMessage(r).ToByteArray())));

    [Fact]
    public void A_result_of_rows_that_were_there_already_has_the_golden_bytes() =>
        Assert.Equal("1a08080310882720" + "8002", Hex(SpanWire.ToMessage(Replies[9]).ToByteArray()));

    [Fact]
    public void Requests_about_servers_that_send_to_each_other_have_the_golden_bytes() => Assert.Equal(
        [
            "2a36" + "0a1000112233445566778899aabbccddeeff" + "1222" + "1220" + string.Concat(Enumerable.Repeat("07", 32)),
            "3242" + "0a1000112233445566778899aabbccddeeff" + "1222" + "1220" + string.Concat(Enumerable.Repeat("07", 32)) + "1a08040a00000106" + "0fa1" + "2003",
            "3a12" + "0a1000112233445566778899aabbccddeeff",
            "1a0608021001" + "4801",
        ],
        Requests[8..12].Select(r => Hex(Bytes(r))));

    [Fact]
    public void Replies_about_servers_that_send_to_each_other_have_the_golden_bytes() =>
        Assert.Equal(["3200", "1a07080310882" + "72801"], Replies[10..12].Select(r => Hex(SpanWire.ToMessage(r).ToByteArray())));

    [Fact]
    public void Requests_about_servers_that_leave_have_the_golden_bytes() => Assert.Equal(
        [
            "120e0805100918800" + "13203632031" + "4801",
            "4248" + "0a22" + "1220" + string.Concat(Enumerable.Repeat("07", 32)) + "121000112233445566778899aabbccddeeff" + "180520092880013002" + "3a03632031" + "40064864",
            "4a00",
            "5200",
        ],
        Requests[12..].Select(r => Hex(Bytes(r))));

    [Fact]
    public void What_a_server_that_leaves_tells_has_the_golden_bytes() => Assert.Equal(
        ["3a36" + "0a22" + "1220" + string.Concat(Enumerable.Repeat("07", 32)) + "121000112233445566778899aabbccddeeff", "3a00"],
        Replies[12..].Select(r => Hex(SpanWire.ToMessage(r).ToByteArray())));

    [Theory]
    [InlineData("3a02" + "0a00" + "3a04" + "0a021220")] // a peer's id of two bytes
    [InlineData("3a24" + "0a22" + "12200707070707070707070707070707070707070707070707070707070707070707")] // no session
    public void A_server_that_leaves_says_whole_where_to(string hex) =>
        Assert.Throws<WireFormatException>(() => SpanWire.ParseReply(Convert.FromHexString(hex)));

    [Fact]
    public async Task A_payload_that_is_written_and_read_in_pieces_is_a_frame_like_any_other()
    {
        byte[] bytes = [1, 2, 3, 4, 5, 6, 7, 8];
        using MemoryStream stream = new();
        SpanConnection connection = new(stream);
        await connection.SendAsync(new SpanRequest.State(), bytes.Length, async (to, token) => await to.WriteAsync(bytes, token), CancellationToken.None);
        await connection.SendAsync(new SpanRequest.Drain(), default, CancellationToken.None);
        Assert.Equal("02000000" + "08000000" + "4a00" + "0102030405060708" + "02000000" + "00000000" + "5200", Hex(stream.ToArray()));

        stream.Position = 0;
        Assert.IsType<SpanRequest.State>(await connection.ReceiveRequestAsync(CancellationToken.None));
        using MemoryStream read = new();
        await connection.OpenPayload().CopyToAsync(read, CancellationToken.None);
        Assert.Equal(bytes, read.ToArray());
        Assert.IsType<SpanRequest.Drain>(await connection.ReceiveRequestAsync(CancellationToken.None));
    }

    [Fact]
    public void What_was_written_is_read_again()
    {
        foreach (SpanRequest request in Requests)
        {
            SpanRequest read = SpanWire.ParseRequest(Bytes(request));
            Assert.IsType(request.GetType(), read);
            Assert.Equal(Bytes(request), Bytes(read));
        }

        Assert.Equal(Replies, Replies.Select(r => SpanWire.ParseReply(SpanWire.ToMessage(r).ToByteArray())));
    }

    [Fact]
    public void Fields_of_a_later_version_are_passed_over()
    {
        byte[] later = [0xfa, 0x07, 0x02, 0x01, 0x02];
        Assert.IsType<SpanRequest.Describe>(SpanWire.ParseRequest([.. Bytes(Requests[0]), .. later]));
        Assert.Equal(Replies[2], SpanWire.ParseReply([.. SpanWire.ToMessage(Replies[2]).ToByteArray(), .. later]));
        SpanReply unknown = SpanWire.ParseReply(SpanWire.ToMessage(new SpanReply.Failure((SpanFailureCode)77, "later")).ToByteArray());
        Assert.Equal(new SpanReply.Failure(SpanFailureCode.Unknown, "later"), unknown);
    }

    [Fact]
    public void Any_bytes_give_a_message_or_a_wire_format_error()
    {
        Random random = new(8);
        int accepted = 0;
        foreach (byte[] sample in (byte[][])[.. Requests.Select(Bytes), .. Replies.Select(r => SpanWire.ToMessage(r).ToByteArray())])
        {
            foreach (byte[] bytes in Fuzz.Mutations(sample, 2000, random))
            {
                accepted += Fuzz.Accepts<WireFormatException>(() => SpanWire.ParseRequest(bytes)) ? 1 : 0;
                accepted += Fuzz.Accepts<WireFormatException>(() => SpanWire.ParseReply(bytes)) ? 1 : 0;
            }
        }

        Assert.True(accepted > 100);
    }

    [Theory]
    [InlineData("120810" + "8080808010")] // last_block 2^32
    [InlineData("12040805" + "1004")] // blocks 5..4
    [InlineData("12061880808010")] // max_length 2^25
    [InlineData("1a051081" + "8001" + "1801")] // 16385 rows
    [InlineData("1a0410022801")] // kept without a verdict
    [InlineData("1a0410023001")] // two scratch rows without parents
    [InlineData("1a0b08ffffffffffffffffff01")] // step 2^64 - 1
    [InlineData("1a09080110014080808010")] // position 2^25
    [InlineData("12033a0101")] // a session's id of one byte
    [InlineData("1223" + "4221" + "000000000000000000000000000000000000000000000000000000000000000000")] // a scope of 33 bytes
    [InlineData("22021001")] // no session's id
    [InlineData("2a12" + "0a1000112233445566778899aabbccddeeff")] // nobody is named
    [InlineData("3a00")] // no ticket
    [InlineData("4200")] // a session of nobody that is handed over
    [InlineData("424a" + "0a22" + "12200707070707070707070707070707070707070707070707070707070707070707" + "121000112233445566778899aabbccddeeff" + "1805200928800130023a03632031400648" + "818001")] // 16385 tokens of 128
    [InlineData("3216" + "0a1000112233445566778899aabbccddeeff" + "1202" + "1220")] // a peer's id of two bytes
    [InlineData("")]
    public void Fields_out_of_range_are_refused(string hex) =>
        Assert.Throws<WireFormatException>(() => SpanWire.ParseRequest(Convert.FromHexString(hex)));

    [Fact]
    public void A_contract_beyond_its_limit_is_refused()
    {
        SpanRequest.Open open = new(5, 9, 128, 0, new string('c', SpanWire.MaxContractLength));
        Assert.Equal(open, SpanWire.ParseRequest(Bytes(open)));
        Assert.Throws<WireFormatException>(() => SpanWire.ParseRequest(Bytes(open with { Contract = open.Contract + 'c' })));
    }

    [Theory]
    [InlineData(65_537, 0)]
    [InlineData(0, (1 << 30) + 4)]
    [InlineData(10, 6)]
    [InlineData(uint.MaxValue, uint.MaxValue)]
    public async Task A_frame_above_the_limits_is_refused_before_memory_is_taken(uint header, uint payload)
    {
        byte[] prefix = new byte[8];
        BinaryPrimitives.WriteUInt32LittleEndian(prefix, header);
        BinaryPrimitives.WriteUInt32LittleEndian(prefix.AsSpan(4), payload);
        using MemoryStream stream = new(prefix);
        SpanConnection connection = new(stream);
        long before = GC.GetAllocatedBytesForCurrentThread();
        await Assert.ThrowsAsync<WireFormatException>(async () => await connection.ReceiveRequestAsync(CancellationToken.None));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 100_000);
    }

    [Fact]
    public async Task A_frame_has_the_golden_bytes_and_comes_back()
    {
        using MemoryStream stream = new();
        SpanConnection connection = new(stream);
        await connection.SendAsync(new SpanRequest.Step(1, 2, true), new[] { 1f, -2f }, CancellationToken.None);
        Assert.Equal("08000000" + "08000000" + "1a06080110021801" + "0000803f" + "000000c0", Hex(stream.ToArray()));

        stream.Position = 0;
        Assert.Equal(1, Assert.IsType<SpanRequest.Step>(await connection.ReceiveRequestAsync(CancellationToken.None)).Number);
        float[] values = new float[connection.PayloadLength];
        await connection.ReceivePayloadAsync(values, CancellationToken.None);
        Assert.Equal([1f, -2f], values);
        Assert.Null(await connection.ReceiveRequestAsync(CancellationToken.None));
    }

    [Fact]
    public async Task A_frame_that_ends_too_soon_or_holds_what_nobody_expects_is_refused()
    {
        using MemoryStream whole = new();
        await new SpanConnection(whole).SendAsync(new SpanRequest.Step(1, 1, false), new[] { 1f, 2f }, CancellationToken.None);
        for (int length = 1; length < whole.Length; length++)
        {
            using MemoryStream cut = new(whole.ToArray()[..length]);
            SpanConnection connection = new(cut);
            await Assert.ThrowsAsync<EndOfStreamException>(async () =>
            {
                await connection.ReceiveRequestAsync(CancellationToken.None);
                await connection.ReceivePayloadAsync(new float[2], CancellationToken.None);
            });
        }

        whole.Position = 0;
        SpanConnection other = new(whole);
        await other.ReceiveRequestAsync(CancellationToken.None);
        await Assert.ThrowsAsync<WireFormatException>(async () => await other.ReceivePayloadAsync(new float[1], CancellationToken.None));
        await Assert.ThrowsAsync<WireFormatException>(async () => await other.ReceiveRequestAsync(CancellationToken.None));
    }

    private static byte[] Bytes(SpanRequest request) => SpanWire.ToMessage(request).ToByteArray();

    private static string Hex(byte[] bytes) => Convert.ToHexStringLower(bytes);
}
