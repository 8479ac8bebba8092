using System.Buffers.Binary;
using System.Threading.Channels;
using Whorl.P2P.Muxers.Yamux;
using Whorl.Testing;

namespace Whorl.P2P.Tests.Muxers;

public sealed class YamuxTests : IAsyncLifetime
{
    private readonly Channel<YamuxStream> _inbound = Channel.CreateUnbounded<YamuxStream>();
    private readonly ManualTimeProvider _clock = new();
    private readonly List<YamuxSession> _sessions = [];
    private Duplex _duplex = null!;

    private CancellationToken Token { get; } = new CancellationTokenSource(TimeSpan.FromSeconds(30)).Token;

    public async Task InitializeAsync() => _duplex = await Duplex.CreateAsync();

    public async Task DisposeAsync()
    {
        foreach (YamuxSession session in _sessions)
        {
            await session.DisposeAsync();
            Assert.Equal(0, session.OpenStreams);
            Assert.Equal(0, session.BufferedBytes);
        }

        await _duplex.DisposeAsync();
    }

    [Fact]
    public async Task Sixteen_mebibytes_pass_both_ways_at_once_through_one_stream()
    {
        (YamuxSession near, _) = Connect();
        byte[] there = new byte[16 << 20], back = new byte[16 << 20];
        new Random(1).NextBytes(there);
        new Random(2).NextBytes(back);
        YamuxStream dialled = await near.OpenAsync(Token);
        YamuxStream accepted = await _inbound.Reader.ReadAsync(Token);
        async Task<byte[]> RunAsync(YamuxStream stream, byte[] sent)
        {
            byte[] received = new byte[16 << 20];
            Task reading = stream.ReadExactlyAsync(received, Token).AsTask();
            await stream.WriteAsync(sent, Token);
            await stream.CloseWriteAsync(Token);
            await reading;
            Assert.Equal(0, await stream.ReadAsync(new byte[1], Token));
            await stream.DisposeAsync();
            return received;
        }

        Task<byte[]> far = RunAsync(accepted, back);
        Assert.Equal(back, await RunAsync(dialled, there));
        Assert.Equal(there, await far);
    }

    [Fact]
    public async Task A_stream_nobody_reads_holds_its_window_and_no_more()
    {
        (YamuxSession near, YamuxSession far) = Connect();
        YamuxStream dialled = await near.OpenAsync(Token);
        Task writing = dialled.WriteAsync(new byte[4 << 20], Token).AsTask();
        YamuxStream accepted = await _inbound.Reader.ReadAsync(Token);
        await EventuallyAsync(() => far.BufferedBytes == YamuxOptions.InitialWindowBytes);
        Assert.False(writing.IsCompleted);
        YamuxStream other = await near.OpenAsync(Token); // another stream of the session is not held up
        await other.WriteAsync(new byte[1], Token);
        YamuxStream otherAccepted = await _inbound.Reader.ReadAsync(Token);
        await otherAccepted.ReadExactlyAsync(new byte[1], Token);
        await accepted.ReadExactlyAsync(new byte[4 << 20], Token);
        await writing;
        foreach (YamuxStream stream in new[] { dialled, accepted, other, otherAccepted })
        {
            await stream.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_session_whose_streams_nobody_reads_holds_their_windows_and_no_more()
    {
        (YamuxSession near, YamuxSession far) = Connect(new YamuxOptions { MaxInboundStreams = 8 });
        List<Task<Exception?>> writing = [];
        for (int i = 0; i < 8; i++)
        {
            YamuxStream dialled = await near.OpenAsync(Token);
            writing.Add(Record.ExceptionAsync(async () => await dialled.WriteAsync(new byte[1 << 20], Token)));
        }

        await EventuallyAsync(() => far.BufferedBytes == 8 * YamuxOptions.InitialWindowBytes);
        await near.DisposeAsync();
        Assert.All(await Task.WhenAll(writing), e => Assert.IsAssignableFrom<IOException>(e));
    }

    [Fact]
    public async Task Windows_grow_with_fast_readers_to_the_limits_of_stream_and_session()
    {
        YamuxOptions options = new() { MaxWindowBytes = 2 << 20, MaxGrowthBytes = 3 << 20 };
        (YamuxSession near, YamuxSession far) = Connect(options);
        List<YamuxStream> accepted = [];
        for (int i = 0; i < 3; i++)
        {
            YamuxStream dialled = await near.OpenAsync(Token);
            accepted.Add(await _inbound.Reader.ReadAsync(Token));
            Task writing = dialled.WriteAsync(new byte[16 << 20], Token).AsTask();
            byte[] buffer = new byte[1 << 20];
            for (int left = 16 << 20; left > 0;) // the clock stands still: every reader is fast
            {
                left -= await accepted[i].ReadAsync(buffer, Token);
            }

            await writing;
        }

        Assert.Equal(2 << 20, accepted[0].WindowBytes);
        Assert.All(accepted, stream => Assert.InRange(stream.WindowBytes, YamuxOptions.InitialWindowBytes, options.MaxWindowBytes));
        Assert.Equal(options.MaxGrowthBytes, accepted.Sum(stream => stream.WindowBytes - YamuxOptions.InitialWindowBytes));
        accepted[0].Reset();
        Assert.Equal(accepted[1].WindowBytes + accepted[2].WindowBytes - (2 * YamuxOptions.InitialWindowBytes), options.MaxGrowthBytes - far.TakeGrowth(int.MaxValue));
        accepted[1].Reset();
        accepted[2].Reset();
    }

    [Fact]
    public async Task Disposing_a_stream_half_way_lets_the_peer_read_what_was_sent()
    {
        (YamuxSession near, _) = Connect();
        YamuxStream dialled = await near.OpenAsync(Token);
        YamuxStream accepted = await _inbound.Reader.ReadAsync(Token);
        await accepted.WriteAsync("answer"u8.ToArray(), Token);
        await accepted.DisposeAsync();
        byte[] answer = new byte[6];
        await dialled.ReadExactlyAsync(answer, Token);
        Assert.Equal("answer"u8.ToArray(), answer);
        Assert.Equal(0, await dialled.ReadAsync(answer, Token));
        await dialled.WriteAsync(new byte[600_000], Token); // is discarded, and its window given back, for a while
        await dialled.DisposeAsync();
    }

    [Fact]
    public async Task A_peer_that_goes_on_sending_to_a_closed_stream_is_reset()
    {
        (YamuxSession near, _) = Connect();
        YamuxStream dialled = await near.OpenAsync(Token);
        YamuxStream accepted = await _inbound.Reader.ReadAsync(Token);
        await accepted.DisposeAsync();
        await Assert.ThrowsAsync<PeerStreamResetException>(async () => await dialled.WriteAsync(new byte[8 << 20], Token));
    }

    [Fact]
    public async Task A_closed_stream_that_the_peer_leaves_open_is_reset_after_a_minute()
    {
        (YamuxSession near, YamuxSession far) = Connect();
        YamuxStream dialled = await near.OpenAsync(Token);
        YamuxStream accepted = await _inbound.Reader.ReadAsync(Token);
        await accepted.DisposeAsync();
        Assert.Equal(0, await dialled.ReadAsync(new byte[1], Token));
        for (int i = 0; i < 70; i++)
        {
            await AdvanceAsync(TimeSpan.FromSeconds(1));
        }

        await EventuallyAsync(() => far.OpenStreams == 0 && near.OpenStreams == 0);
        Assert.True(near.IsUsable);
    }

    [Fact]
    public async Task More_streams_than_allowed_are_reset_and_the_rest_lives()
    {
        (YamuxSession near, _) = Connect(new YamuxOptions { MaxInboundStreams = 2 });
        YamuxStream[] dialled = [await near.OpenAsync(Token), await near.OpenAsync(Token), await near.OpenAsync(Token)];
        await Assert.ThrowsAsync<PeerStreamResetException>(async () => await dialled[2].ReadExactlyAsync(new byte[1], Token));
        YamuxStream accepted = await _inbound.Reader.ReadAsync(Token);
        await accepted.WriteAsync(new byte[1], Token);
        await dialled[0].ReadExactlyAsync(new byte[1], Token);
    }

    [Fact]
    public async Task Opening_waits_while_the_most_allowed_are_open()
    {
        (YamuxSession near, _) = Connect(new YamuxOptions { MaxOutboundStreams = 1 });
        YamuxStream first = await near.OpenAsync(Token);
        Task<YamuxStream> second = near.OpenAsync(Token).AsTask();
        Assert.False(second.IsCompleted);
        first.Reset();
        (await second).Reset();
    }

    [Fact]
    public async Task A_peer_that_answers_pings_is_kept_for_ever()
    {
        (YamuxSession near, YamuxSession far) = Connect();
        for (int i = 0; i < 100; i++)
        {
            await AdvanceAsync(TimeSpan.FromSeconds(1));
        }

        Assert.True(near.IsUsable);
        Assert.True(far.IsUsable);
    }

    [Fact]
    public async Task A_silent_peer_is_given_up_within_ten_seconds_and_its_streams_fail()
    {
        YamuxSession near = Track(new YamuxSession(_duplex.Near, true, null, new YamuxOptions(), _clock, _ => { }));
        YamuxStream stream = await near.OpenAsync(Token);
        Task<int> reading = stream.ReadAsync(new byte[1], Token).AsTask();
        for (int i = 0; i < 10; i++)
        {
            Assert.True(near.IsUsable || i >= 5);
            await AdvanceAsync(TimeSpan.FromSeconds(1));
        }

        PeerUnavailableException e = await Assert.ThrowsAsync<PeerUnavailableException>(() => reading);
        Assert.Contains("silent", e.Message, StringComparison.Ordinal);
        Assert.False(near.IsUsable);
    }

    [Fact]
    public async Task A_connection_without_streams_is_looked_at_every_twenty_seconds_and_pinged_within_forty()
    {
        YamuxOptions options = new();
        YamuxSession near = Track(new YamuxSession(_duplex.Near, true, null, options, _clock, _ => { }));
        await AssertReceivedAsync("000200010000000000000001");
        await SendAsync("000200020000000000000001");
        await EventuallyAsync(() => _clock.HasTimerIn(options.QuietKeepAliveInterval) && _clock.PendingTimers == 1);
        await AdvanceAsync(TimeSpan.FromSeconds(1));
        await SendAsync("000200010000000000000007"); // a sign of life after the beginning: at 20 s the silence is shorter than an interval
        await AssertReceivedAsync("000200020000000000000007");
        await AdvanceAsync(TimeSpan.FromSeconds(19));
        Assert.True(_clock.HasTimerIn(options.QuietKeepAliveInterval));
        await AdvanceAsync(TimeSpan.FromSeconds(20));
        await AssertReceivedAsync("000200010000000000000002");
        await AdvanceAsync(options.KeepAliveTimeout + options.KeepAliveInterval);
        Assert.Contains("silent", (await near.Ended.WaitAsync(Token)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stream_opened_over_a_connection_that_was_silent_asks_at_once_whether_the_peer_is_there()
    {
        YamuxOptions options = new();
        YamuxSession near = Track(new YamuxSession(_duplex.Near, true, null, options, _clock, _ => { }));
        await AssertReceivedAsync("000200010000000000000001");
        await SendAsync("000200020000000000000001");
        await EventuallyAsync(() => _clock.HasTimerIn(options.QuietKeepAliveInterval));
        await AdvanceAsync(TimeSpan.FromSeconds(15));
        YamuxStream stream = await near.OpenAsync(Token);
        await AssertReceivedAsync("000200010000000000000002" + "000100010000000100000000"); // a ping, the stream
        await AdvanceAsync(options.KeepAliveTimeout + options.KeepAliveInterval / 6);
        await Assert.ThrowsAsync<PeerUnavailableException>(() => stream.ReadAsync(new byte[1], Token).AsTask().WaitAsync(Token));
    }

    [Fact]
    public async Task Frames_go_out_as_go_yamux_writes_them()
    {
        YamuxSession near = Track(new YamuxSession(_duplex.Near, true, null, new YamuxOptions(), _clock, _ => { }));
        await AssertReceivedAsync("000200010000000000000001"); // ping, SYN
        YamuxStream stream = await near.OpenAsync(Token);
        await AssertReceivedAsync("000100010000000100000000"); // window update, SYN, stream 1
        await stream.WriteAsync("abc"u8.ToArray(), Token);
        await AssertReceivedAsync("000000000000000100000003616263");
        await stream.CloseWriteAsync(Token);
        await AssertReceivedAsync("000100040000000100000000"); // window update, FIN
        await SendAsync("000200010000000000000007");
        await AssertReceivedAsync("000200020000000000000007"); // the pong
        await SendAsync("000100010000000200000000"); // the peer opens stream 2
        await AssertReceivedAsync("000100020000000200000000"); // window update, ACK
        stream.Reset();
        await AssertReceivedAsync("000100080000000100000000"); // window update, RST
    }

    [Theory]
    [InlineData("010000000000000000000000", "another version")]
    [InlineData("000400000000000000000000", "an unknown type")]
    [InlineData("000000100000000000000000", "unknown flags")]
    [InlineData("000100010000000100000000", "a stream of the wrong parity")]
    [InlineData("0001000100000002000000000001000100000002ffffffff", "a stream opened twice")]
    [InlineData("00010001000000020000000000000000000000020004000100", "more data than the window")]
    [InlineData("000100010000000200000000000100000000000 2ffffffff", "a window beyond 32 bits")]
    [InlineData("000000000000000701000001", "a frame above every window")]
    public async Task A_peer_that_breaks_the_protocol_is_told_so_and_dropped(string frames, string what)
    {
        YamuxSession near = Track(new YamuxSession(_duplex.Near, true, null, new YamuxOptions(), _clock, _ => { }));
        await SendAsync(frames);
        IOException reason = await near.Ended.WaitAsync(Token);
        Assert.True(reason is ProtocolViolationException, what);
        using MemoryStream all = new();
        await Record.ExceptionAsync(() => _duplex.Far.CopyToAsync(all, Token));
        Assert.EndsWith("000300000000000000000001", Convert.ToHexStringLower(all.ToArray()), StringComparison.Ordinal); // go away, protocol error
    }

    [Fact]
    public async Task Any_bytes_end_the_session_with_an_error_of_its_own_or_leave_it_alive()
    {
        Random random = new(9);
        for (int i = 0; i < 300; i++)
        {
            await using Duplex duplex = await Duplex.CreateAsync();
            await using YamuxSession session = new(duplex.Near, true, null, new YamuxOptions(), _clock, _ => { });
            byte[] bytes = new byte[12 * 20];
            for (int at = 0; at < bytes.Length; at += 12)
            {
                bytes[at + 1] = (byte)random.Next(i % 50 == 0 ? 256 : 4);
                bytes[at + 3] = (byte)random.Next(16);
                bytes[at + 7] = (byte)(random.Next(4) * 2);
                BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(at + 8), random.Next(3) * random.Next(12));
            }

            await duplex.Far.WriteAsync(bytes, Token);
            await duplex.Far.CloseWriteAsync(Token);
            IOException reason = await session.Ended.WaitAsync(Token);
            Assert.True(reason is ProtocolViolationException or PeerUnavailableException, reason.ToString());
        }
    }

    [Fact]
    public async Task A_peer_that_provokes_pongs_and_does_not_read_them_is_dropped()
    {
        YamuxSession near = Track(new YamuxSession(_duplex.Near, true, null, new YamuxOptions(), _clock, _ => { }));
        byte[] pings = new byte[12 * 4096];
        for (int at = 0; at < pings.Length; at += 12)
        {
            (pings[at + 1], pings[at + 3]) = (2, 1);
        }

        Exception? e = await Record.ExceptionAsync(async () =>
        {
            for (int i = 0; i < 100; i++)
            {
                await _duplex.Far.WriteAsync(pings, Token);
            }
        });
        Assert.IsAssignableFrom<IOException>(e);
        _duplex.Near.Reset();
        await near.Ended.WaitAsync(Token);
    }

    [Fact]
    public async Task Closing_while_a_peer_does_not_read_ends_even_where_the_clock_stands_still()
    {
        YamuxSession near = Track(new YamuxSession(_duplex.Near, true, null, new YamuxOptions(), _clock, _ => { }));
        YamuxStream stream = await near.OpenAsync(Token);
        await SendAsync("000100000000000100f00000");
        Task<Exception?> writing = Record.ExceptionAsync(async () => await stream.WriteAsync(new byte[8 << 20], Token));
        await near.DisposeAsync().AsTask().WaitAsync(Token);
        Assert.IsAssignableFrom<IOException>(await writing);
    }

    private (YamuxSession Near, YamuxSession Far) Connect(YamuxOptions? options = null)
    {
        options ??= new YamuxOptions();
        YamuxSession near = Track(new YamuxSession(_duplex.Near, true, null, options, _clock, stream => stream.Reset()));
        YamuxSession far = Track(new YamuxSession(_duplex.Far, false, null, options, _clock, stream => _inbound.Writer.TryWrite(stream)));
        return (near, far);
    }

    private YamuxSession Track(YamuxSession session)
    {
        _sessions.Add(session);
        return session;
    }

    private ValueTask SendAsync(string hex) => _duplex.Far.WriteAsync(Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal)), Token);

    private async Task AssertReceivedAsync(string hex)
    {
        byte[] received = new byte[hex.Length / 2];
        await _duplex.Far.ReadExactlyAsync(received, Token);
        Assert.Equal(hex, Convert.ToHexStringLower(received));
    }

    /// <summary>Moves the clock and lets the loops react.</summary>
    private async Task AdvanceAsync(TimeSpan by)
    {
        _clock.Advance(by);
        await Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System);
    }

    private static async Task EventuallyAsync(Func<bool> condition)
    {
        for (int i = 0; i < 3000 && !condition(); i++)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System);
        }

        Assert.True(condition());
    }
}
