using Microsoft.Extensions.Logging.Abstractions;
using Whorl.Models;
using Whorl.P2P;
using Whorl.Protocol;
using Whorl.Testing;

namespace Whorl.Server.Tests;

/// <summary>Sessions that a server which leaves gives to another one, and what strangers can make of that.</summary>
public sealed class SpanHandOverTests : IAsyncLifetime, IDisposable
{
    private const long Budget = 16 << 20;

    private static readonly MoveCosts Fast = new(1e12, 1);

    private readonly InMemoryNetwork _network = new();
    private readonly ManualTimeProvider _clock = new();
    private readonly CancellationTokenSource _limit = new(TimeSpan.FromMinutes(2));
    private readonly Hosted _hosted;
    private readonly HostedSpan _next;
    private readonly IPeerHost _leavingHost, _nextHost, _clientHost, _otherHost;
    private readonly SpanServer _leaving, _server;
    private readonly Guid _id = Guid.NewGuid();
    private PeerId? _operator;

    public SpanHandOverTests()
    {
        _hosted = new Hosted(budget: Budget, threads: 1, time: _clock);
        _next = new HostedSpan(_hosted.Blocks, new MemoryBudget(Budget), "next", _clock);
        (_leavingHost, _nextHost, _clientHost, _otherHost) = (_network.AddHost(), _network.AddHost(), _network.AddHost(), _network.AddHost());
        _leaving = new SpanServer(_hosted.Span, NullLogger.Instance) { Drain = peer => peer.Equals(_operator) };
        _server = new SpanServer(_next, NullLogger.Instance);
        _leaving.Listen(_leavingHost);
        _server.Listen(_nextHost);
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        foreach (IAsyncDisposable one in (IAsyncDisposable[])[_clientHost, _otherHost, _leavingHost, _nextHost, _leaving, _server])
        {
            await one.DisposeAsync();
        }

        foreach (HostedSpan span in (HostedSpan[])[_hosted.Span, _next])
        {
            Assert.Equal((0L, 0L, 0), (span.Budget.Taken, span.Memory.StepBytes, span.Memory.Peers));
        }
    }

    public void Dispose()
    {
        _hosted.Dispose();
        _limit.Dispose();
    }

    [Fact]
    public async Task A_session_goes_on_at_the_successor_with_the_same_bytes_and_its_owner_is_charged_for_it()
    {
        await using PeerStream stream = await _clientHost.DialAsync(_leavingHost.Id, SpanWire.ProtocolId, _limit.Token);
        SpanConnection connection = await OpenedAsync(stream);
        await StepAsync(connection, 1, rows: 300, seed: 1);
        Assert.Equal((1, 0), await LeaveAsync());
        SpanReply.Moved moved = Assert.IsType<SpanReply.Moved>(await connection.ReceiveReplyAsync(_limit.Token));
        Assert.Equal(new SpanReply.Moved(_nextHost.Id, _id), moved);
        Assert.Equal(0, await stream.ReadAsync(new byte[1], _limit.Token));
        Assert.Equal((0L, 0L, 0), (_hosted.Span.Budget.Taken, _hosted.Span.Memory.StepBytes, _hosted.Span.Memory.Sessions));
        Assert.Equal((0, 1), (SessionsOf(_clientHost), SessionsOf(_leavingHost)));

        await using PeerStream there = await DialAsync(_clientHost);
        SpanConnection attached = new(there);
        await attached.SendAsync(new SpanRequest.Attach(_id, 1), default, _limit.Token);
        Assert.Equal(1, Assert.IsType<SpanReply.Attached>(await attached.ReceiveReplyAsync(_limit.Token)).LastNumber);
        Assert.Equal((1, 0), (SessionsOf(_clientHost), SessionsOf(_leavingHost)));
        float[] expected = (await _hosted.ComputeAsync(_hosted.Span, (300, 1), (1, 2)))[^_next.BoundarySize..];
        Assert.Equal(expected, await StepAsync(attached, 2, rows: 1, seed: 2));
    }

    [Fact]
    public async Task Nobody_but_the_owner_attaches_to_a_session_that_was_handed_over()
    {
        await using PeerStream stream = await _clientHost.DialAsync(_leavingHost.Id, SpanWire.ProtocolId, _limit.Token);
        SpanConnection connection = await OpenedAsync(stream);
        await StepAsync(connection, 1, rows: 2, seed: 1);
        Assert.Equal((1, 0), await LeaveAsync());
        foreach (IPeerHost stranger in (IPeerHost[])[_otherHost, _leavingHost])
        {
            await using PeerStream there = await DialAsync(stranger);
            SpanConnection asking = new(there);
            await asking.SendAsync(new SpanRequest.Attach(_id, 1), default, _limit.Token);
            Assert.Equal(SpanFailureCode.SessionLost, Assert.IsType<SpanReply.Failure>(await asking.ReceiveReplyAsync(_limit.Token)).Code);
        }
    }

    [Fact]
    public async Task A_session_that_its_owner_does_not_come_for_is_given_up_after_a_while()
    {
        await using PeerStream stream = await _clientHost.DialAsync(_leavingHost.Id, SpanWire.ProtocolId, _limit.Token);
        await StepAsync(await OpenedAsync(stream), 1, rows: 2, seed: 1);
        Assert.Equal((1, 0), await LeaveAsync());
        _clock.Advance(_next.Limits.HandedOverLease - TimeSpan.FromSeconds(1));
        Assert.Equal(1, _server.Sessions);
        _clock.Advance(TimeSpan.FromSeconds(1));
        await UntilAsync(() => _server.Sessions == 0 && _next.Budget.Taken == 0);
    }

    [Fact]
    public async Task Sessions_that_strangers_hand_over_take_no_more_than_one_peer_s_quota_and_give_way_to_others()
    {
        int length = LengthOf(Budget / 8);
        byte[] state = await StateAsync(length);
        List<PeerStream> streams = [];
        SpanReply reply;
        do
        {
            (PeerStream stream, reply) = await HandOverAsync(length);
            streams.Add(stream);
            if (reply is SpanReply.Linked)
            {
                Assert.IsType<SpanReply.Linked>(await SendStateAsync(stream, state));
            }
        }
        while (reply is SpanReply.Linked);

        Assert.Equal(SpanFailureCode.OutOfMemory, Assert.IsType<SpanReply.Failure>(reply).Code);
        Assert.InRange(_next.Budget.Taken, Budget / 4, Budget / 2);
        await using PeerStream opening = await DialAsync(_clientHost);
        SpanConnection connection = new(opening);
        await connection.SendAsync(new SpanRequest.Open(1, 3, LengthOf(Budget * 3 / 4), 0, _next.Contract.Text), default, _limit.Token);
        Assert.IsType<SpanReply.Opened>(await connection.ReceiveReplyAsync(_limit.Token)); // those that nobody speaks to are given up for it
        streams.ForEach(stream => stream.Reset());
    }

    [Fact]
    public async Task A_server_that_begins_to_hand_over_and_goes_silent_is_waited_for_a_minute()
    {
        (PeerStream stream, SpanReply reply) = await HandOverAsync(64);
        Assert.IsType<SpanReply.Linked>(reply);
        Assert.True(_next.Budget.Taken > 0);
        _clock.Advance(_next.Limits.HandOverTime);
        await UntilAsync(() => _next.Budget.Taken == 0 && _next.Memory.Peers == 0);
        stream.Reset();
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(1)]
    public async Task What_is_handed_over_must_have_the_length_of_such_a_session(int more)
    {
        (PeerStream stream, SpanReply reply) = await HandOverAsync(64);
        Assert.IsType<SpanReply.Linked>(reply);
        SpanConnection connection = new(stream);
        await connection.SendAsync(new SpanRequest.State(), new float[(StateBytes(64) / sizeof(float)) + more], _limit.Token);
        await Assert.ThrowsAnyAsync<IOException>(async () => await connection.ReceiveReplyAsync(_limit.Token));
        await UntilAsync(() => _next.Budget.Taken == 0);
        Assert.Equal(0, _server.Sessions);
    }

    [Fact]
    public async Task What_is_handed_over_must_be_of_the_told_blocks_and_tokens()
    {
        foreach (int at in (int[])[0, 1, 2, 3, 4])
        {
            (PeerStream stream, SpanReply reply) = await HandOverAsync(64);
            Assert.IsType<SpanReply.Linked>(reply);
            byte[] state = await StateAsync(64);
            state[at * sizeof(int)] ^= 1; // the mark, the blocks, the tokens, a block's sizes
            SpanConnection connection = new(stream);
            await connection.SendAsync(new SpanRequest.State(), state.Length, async (to, token) => await to.WriteAsync(state, token), _limit.Token);
            await Assert.ThrowsAnyAsync<IOException>(async () => await connection.ReceiveReplyAsync(_limit.Token));
        }

        await UntilAsync(() => _next.Budget.Taken == 0);
        Assert.Equal(0, _server.Sessions);
    }

    [Fact]
    public async Task Whoever_computes_otherwise_or_leaves_too_takes_no_session_over()
    {
        (PeerStream stream, SpanReply reply) = await HandOverAsync(64, _next.Contract.Text.Replace("boundary f32", "boundary bf16", StringComparison.Ordinal));
        Assert.Contains("another contract", Assert.IsType<SpanReply.Failure>(reply).Message, StringComparison.Ordinal);
        stream.Reset();
        await _next.LeaveAsync(TimeSpan.FromSeconds(30), new CancellationToken(canceled: true));
        (stream, reply) = await HandOverAsync(64);
        Assert.Equal(SpanFailureCode.Leaving, Assert.IsType<SpanReply.Failure>(reply).Code);
        stream.Reset();
    }

    [Fact]
    public async Task A_client_that_does_not_heed_it_is_not_told_and_its_session_goes_on()
    {
        PeerStream stream = await _clientHost.DialAsync(_leavingHost.Id, SpanWire.ProtocolId, _limit.Token);
        SpanConnection connection = await OpenedAsync(stream, heeds: false);
        Task<(int Moved, int Left)> leaving = LeaveAsync();
        float[] expected = await _hosted.ComputeAsync(_hosted.Span, (2, 1));
        Assert.Equal(expected, await StepAsync(connection, 1, rows: 2, seed: 1));
        Assert.False(leaving.IsCompleted);
        await stream.DisposeAsync();
        Assert.Equal((0, 0), await leaving);
    }

    [Fact]
    public async Task Only_an_operator_may_ask_a_server_to_leave()
    {
        _operator = _clientHost.Id;
        foreach (IPeerHost asking in (IPeerHost[])[_otherHost, _clientHost])
        {
            await using PeerStream stream = await asking.DialAsync(_leavingHost.Id, SpanWire.ProtocolId, _limit.Token);
            SpanConnection connection = new(stream);
            await connection.SendAsync(new SpanRequest.Drain(), default, _limit.Token);
            SpanReply reply = await connection.ReceiveReplyAsync(_limit.Token);
            if (asking == _clientHost)
            {
                Assert.IsType<SpanReply.Linked>(reply);
            }
            else
            {
                Assert.Contains(asking.Id.ToString(), Assert.IsType<SpanReply.Failure>(reply).Message, StringComparison.Ordinal); // whom to permit
            }
        }
    }

    [Fact]
    public void A_session_is_moved_where_its_link_carries_it_sooner_than_its_tokens_are_computed()
    {
        MoveCosts costs = new(LinkBytesPerSecond: 1e6, ForwardRps: 1000);
        Assert.Equal(TimeSpan.FromSeconds(2), costs.TimeToSend(2_000_000));
        Assert.Equal(TimeSpan.FromMilliseconds(2256), costs.TimeToReplay(tokens: 1000, blocks: 2, boundarySize: 64));
        Assert.Equal(TimeSpan.FromSeconds(4), costs.LimitOf(2_000_000));
        Assert.True(new MoveCosts(1e-300, 1e-300).TimeToReplay(1 << 24, 100, 1 << 20) > TimeSpan.FromDays(1)); // and no overflow
    }

    private int SessionsOf(IPeerHost host)
    {
        PeerAccount account = _next.Memory.Visit(host.Id, null);
        int sessions = account.Sessions;
        _next.Memory.Depart(account);
        return sessions;
    }

    private Task<(int Moved, int Left)> LeaveAsync() => _leaving.LeaveAsync(
        _leavingHost, (_, _) => Task.FromResult<IReadOnlyList<PeerId>>([_leavingHost.Id, _nextHost.Id]), Fast, TimeSpan.FromSeconds(30), CancellationToken.None);

    private async Task<PeerStream> DialAsync(IPeerHost from) => await from.DialAsync(_nextHost.Id, SpanWire.ProtocolId, _limit.Token);

    private async Task<SpanConnection> OpenedAsync(PeerStream stream, bool heeds = true)
    {
        SpanConnection connection = new(stream);
        SpanRequest.Open open = new(1, 3, 400, 0, _hosted.Span.Contract.Text) { SessionId = _id, HeedsMoved = heeds };
        await connection.SendAsync(open, default, _limit.Token);
        Assert.IsType<SpanReply.Opened>(await connection.ReceiveReplyAsync(_limit.Token));
        return connection;
    }

    /// <summary>As a stranger would: a session of somebody who never asked for it.</summary>
    private async Task<(PeerStream Stream, SpanReply Reply)> HandOverAsync(int length, string? contract = null)
    {
        PeerStream stream = await DialAsync(_otherHost);
        SpanConnection connection = new(stream);
        SpanRequest.HandOver given = new(_clientHost.Id, Guid.NewGuid(), 1, 3, length, 0, contract ?? _next.Contract.Text, 1, length);
        await connection.SendAsync(given, default, _limit.Token);
        return (stream, await connection.ReceiveReplyAsync(_limit.Token));
    }

    private async Task<SpanReply> SendStateAsync(PeerStream stream, byte[] state)
    {
        SpanConnection connection = new(stream);
        await connection.SendAsync(new SpanRequest.State(), state.Length, async (to, token) => await to.WriteAsync(state, token), _limit.Token);
        return await connection.ReceiveReplyAsync(_limit.Token);
    }

    private async Task<byte[]> StateAsync(int tokens)
    {
        using SessionCache cache = _hosted.Blocks.Open(new BlockSessionOptions(new BlockRange(1, 3), tokens));
        _hosted.Blocks.Forward([cache], [_hosted.Step(tokens, 5)]);
        using MemoryStream saved = new();
        await cache.SaveAsync(saved, _limit.Token);
        Assert.Equal(StateBytes(tokens), saved.Length);
        return saved.ToArray();
    }

    private long StateBytes(int tokens)
    {
        using SessionCache cache = _hosted.Blocks.Open(new BlockSessionOptions(new BlockRange(1, 3), tokens));
        return cache.SavedBytes(tokens);
    }

    private int LengthOf(long bytes)
    {
        int length = 16;
        while (_next.SessionBytes(new BlockSessionOptions(_next.Range, length + 16)) <= bytes)
        {
            length += 16;
        }

        return length;
    }

    private async Task<float[]> StepAsync(SpanConnection connection, long number, int rows, int seed)
    {
        await connection.SendAsync(new SpanRequest.Step(number, rows, false), _hosted.Step(rows, seed).Input, _limit.Token);
        Assert.Equal(number, Assert.IsType<SpanReply.Result>(await connection.ReceiveReplyAsync(_limit.Token)).Number);
        float[] output = new float[connection.PayloadLength];
        await connection.ReceivePayloadAsync(output, _limit.Token);
        return output;
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        using CancellationTokenSource limit = new(TimeSpan.FromSeconds(30));
        while (!condition())
        {
            await Task.Delay(1, limit.Token);
        }
    }
}
