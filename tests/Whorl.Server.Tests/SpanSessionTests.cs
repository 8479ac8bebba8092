using Microsoft.Extensions.Logging.Abstractions;
using Whorl.Models;
using Whorl.P2P;
using Whorl.Protocol;
using Whorl.Testing;

namespace Whorl.Server.Tests;

/// <summary>Sessions that outlive their streams, and what peers may make a server hold.</summary>
public sealed class SpanSessionTests : IAsyncLifetime, IDisposable
{
    private const long Budget = 16 << 20;

    private readonly InMemoryNetwork _network = new();
    private readonly ManualTimeProvider _clock = new();
    private readonly CancellationTokenSource _limit = new(TimeSpan.FromMinutes(2));
    private readonly Hosted _hosted;
    private readonly IPeerHost _serverHost;
    private readonly IPeerHost _clientHost;
    private readonly IPeerHost _otherHost;
    private readonly SpanServer _server;

    public SpanSessionTests()
    {
        _hosted = new Hosted(budget: Budget, threads: 1, time: _clock);
        (_serverHost, _clientHost, _otherHost) = (_network.AddHost(), _network.AddHost(), _network.AddHost());
        _server = new SpanServer(_hosted.Span, NullLogger.Instance);
        _server.Listen(_serverHost);
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await _clientHost.DisposeAsync();
        await _otherHost.DisposeAsync();
        await _serverHost.DisposeAsync();
        await _server.DisposeAsync();
        Assert.Equal((0, 0L, 0L, 0), (_server.Sessions, _hosted.Span.Budget.Taken, _hosted.Span.Memory.StepBytes, _hosted.Span.Memory.Peers));
    }

    public void Dispose()
    {
        _hosted.Dispose();
        _limit.Dispose();
    }

    [Fact]
    public async Task The_answer_to_the_last_step_is_sent_again_after_a_refused_one_too()
    {
        await using PeerStream stream = await DialAsync();
        SpanConnection connection = await OpenedAsync(stream, 200);
        float[] first = await StepAsync(connection, 1, rows: 2, seed: 1);
        await SendAsync(connection, new SpanRequest.Step(2, 200, true), seed: 2); // more than fits behind the first
        Assert.Equal(SpanFailureCode.BadRequest, (await FailureAsync(connection)).Code);
        Assert.Equal(first, await StepAsync(connection, 1, rows: 2, seed: 1));
        Assert.Equal((await _hosted.ComputeAsync(_hosted.Span, (2, 1), (1, 3)))[^_hosted.Span.BoundarySize..], await StepAsync(connection, 2, rows: 1, seed: 3));
    }

    [Fact]
    public async Task Who_opens_and_resets_leaves_nothing_behind()
    {
        for (int i = 0; i < 50; i++)
        {
            PeerStream stream = await DialAsync();
            await new SpanConnection(stream).SendAsync(Open(100), default, _limit.Token);
            stream.Reset();
        }

        await UntilAsync(() => _server.Sessions == 0 && _hosted.Span.Budget.Taken == 0);
    }

    [Fact]
    public async Task A_session_outlives_a_broken_stream_and_answers_the_step_whose_answer_was_lost()
    {
        float[] expected = await _hosted.ComputeAsync(_hosted.Span, (2, 1), (3, 2), (1, 3));
        Guid id = Guid.NewGuid();
        PeerStream broken = await DialAsync();
        SpanConnection connection = await OpenedAsync(broken, 10, id);
        float[] first = await StepAsync(connection, 1, rows: 2, seed: 1);
        await SendAsync(connection, new SpanRequest.Step(2, 3, false), seed: 2);
        await UntilAsync(() => _hosted.Span.Scheduler.Waiting == 0);
        broken.Reset();

        await using PeerStream stream = await DialAsync();
        connection = new SpanConnection(stream);
        SpanReply.Attached attached = Assert.IsType<SpanReply.Attached>(await AskAsync(connection, new SpanRequest.Attach(id, 1)));
        Assert.Equal(TimeSpan.FromMinutes(1), attached.Lease);
        Assert.InRange(attached.LastNumber, 1, 2); // the step may have been lost on its way
        float[] second = await StepAsync(connection, 2, rows: 3, seed: 2), third = await StepAsync(connection, 3, rows: 1, seed: 3);
        Assert.Equal(expected, (float[])[.. first, .. second, .. third]);
    }

    [Fact]
    public async Task Memory_of_a_session_whose_stream_broke_is_told_as_free_since_who_comes_new_gets_it()
    {
        using Server.Petals.CacheMemory told = new(_hosted.Span);
        long all = told.FreeTokens;
        PeerStream stream = await DialAsync();
        SpanConnection connection = await OpenedAsync(stream, 10, Guid.NewGuid());
        await StepAsync(connection, 1, rows: 2, seed: 1);
        Assert.InRange(told.FreeTokens, 0, all - 1);
        stream.Reset();
        await UntilAsync(() => told.FreeTokens == all);
        Assert.Equal(1, _server.Sessions); // it is kept for its owner all the same
    }

    [Fact]
    public async Task A_stream_that_attaches_takes_the_session_from_one_that_still_stands()
    {
        Guid id = Guid.NewGuid();
        await using PeerStream old = await DialAsync(), stream = await DialAsync();
        SpanConnection first = await OpenedAsync(old, 10, id), second = new(stream);
        await StepAsync(first, 1, rows: 2, seed: 1);
        Assert.Equal(1, Assert.IsType<SpanReply.Attached>(await AskAsync(second, new SpanRequest.Attach(id, 1))).LastNumber);
        await Assert.ThrowsAnyAsync<IOException>(async () => await first.ReceiveReplyAsync(_limit.Token));
        Assert.Equal((await _hosted.ComputeAsync(_hosted.Span, (2, 1), (1, 2)))[^_hosted.Span.BoundarySize..], await StepAsync(second, 2, rows: 1, seed: 2));
        Assert.Equal(1, _server.Sessions);
    }

    [Fact]
    public async Task Nobody_but_its_owner_attaches_to_a_session()
    {
        Guid id = Guid.NewGuid();
        await using PeerStream mine = await DialAsync(), theirs = await _otherHost.DialAsync(_serverHost.Id, SpanWire.ProtocolId, _limit.Token);
        SpanConnection connection = await OpenedAsync(mine, 10, id), stranger = new(theirs);
        Assert.Equal(SpanFailureCode.SessionLost, Assert.IsType<SpanReply.Failure>(await AskAsync(stranger, new SpanRequest.Attach(id, 0))).Code);
        await StepAsync(connection, 1, rows: 1, seed: 1);
    }

    [Theory]
    [InlineData(3)] // more than was computed
    [InlineData(0)] // the answer to the first step is not kept any more
    public async Task A_client_whose_answers_are_not_the_server_s_opens_another_session(long lastNumber)
    {
        Guid id = Guid.NewGuid();
        PeerStream broken = await DialAsync();
        SpanConnection connection = await OpenedAsync(broken, 10, id);
        await StepAsync(connection, 1, rows: 2, seed: 1);
        await StepAsync(connection, 2, rows: 2, seed: 1);
        broken.Reset();
        await using PeerStream stream = await DialAsync();
        Assert.Equal(SpanFailureCode.SessionLost, Assert.IsType<SpanReply.Failure>(await AskAsync(new SpanConnection(stream), new SpanRequest.Attach(id, lastNumber))).Code);
        await OpenedAsync(stream, 10, id); // on the same stream
    }

    [Fact]
    public async Task A_session_without_a_stream_ends_with_its_lease()
    {
        Guid id = Guid.NewGuid();
        PeerStream broken = await DialAsync();
        await OpenedAsync(broken, 10, id);
        broken.Reset();
        await UntilAsync(() => _clock.HasTimerIn(TimeSpan.FromMinutes(1)));
        _clock.Advance(TimeSpan.FromSeconds(59));
        Assert.Equal(1, _server.Sessions);
        _clock.Advance(TimeSpan.FromSeconds(1));
        await UntilAsync(() => _server.Sessions == 0 && _hosted.Span.Budget.Taken == 0);
        await using PeerStream stream = await DialAsync();
        Assert.Equal(SpanFailureCode.SessionLost, Assert.IsType<SpanReply.Failure>(await AskAsync(new SpanConnection(stream), new SpanRequest.Attach(id, 0))).Code);
    }

    [Fact]
    public async Task An_id_that_its_owner_has_in_use_is_refused_and_takes_nothing()
    {
        Guid id = Guid.NewGuid();
        await using PeerStream first = await DialAsync(), second = await DialAsync();
        await OpenedAsync(first, 10, id);
        (long cache, long steps) = (_hosted.Span.Budget.Taken, _hosted.Span.Memory.StepBytes);
        SpanReply.Failure refused = Assert.IsType<SpanReply.Failure>(await AskAsync(new SpanConnection(second), Open(10, id)));
        Assert.Contains(id.ToString(), refused.Message, StringComparison.Ordinal);
        Assert.Equal((cache, steps), (_hosted.Span.Budget.Taken, _hosted.Span.Memory.StepBytes));
    }

    [Fact]
    public async Task A_session_whose_client_says_goodbye_ends_at_once()
    {
        await using (PeerStream stream = await DialAsync())
        {
            await OpenedAsync(stream, 10, Guid.NewGuid());
        }

        await UntilAsync(() => _server.Sessions == 0 && _hosted.Span.Budget.Taken == 0);
    }

    [Fact]
    public async Task A_contract_that_differs_or_has_a_field_that_is_unknown_here_is_refused_by_name()
    {
        await using PeerStream stream = await DialAsync();
        SpanConnection connection = new(stream);
        SpanReply.Description description = Assert.IsType<SpanReply.Description>(await AskAsync(connection, new SpanRequest.Describe()));
        const SpanFeatures All = SpanFeatures.Position | SpanFeatures.Attach | SpanFeatures.Push | SpanFeatures.HandOver;
        Assert.Equal((_hosted.Span.Contract.Text, All), (description.Contract, description.Features));

        foreach (string unknown in (string[])["cache f16", "activations q8\nactors 2", "kernels cuda-1"])
        {
            string field = unknown.Split(' ')[0], text = string.Concat(description.Contract.Split('\n')[..^1].Select(line => (line.StartsWith(field, StringComparison.Ordinal) ? unknown : line) + '\n'));
            SpanReply.Failure later = Assert.IsType<SpanReply.Failure>(await AskAsync(connection, Open(10) with { Contract = text }));
            Assert.Equal(SpanFailureCode.BadRequest, later.Code);
            Assert.Contains($"'{unknown.Split('\n')[^1]}', which is not known here", later.Message, StringComparison.Ordinal);
        }

        SpanContract own = _hosted.Span.Contract, others = own with { Blocks = own.Blocks.ToDictionary(b => b.Key, b => b.Key == 2 ? b.Value + 1 : b.Value) };
        SpanReply.Failure weights = Assert.IsType<SpanReply.Failure>(await AskAsync(connection, Open(10) with { Contract = others.Text }));
        Assert.Contains($"it has 'block 2 {own.Blocks[2]:x32}'", weights.Message, StringComparison.Ordinal);
        SpanReply.Failure other = Assert.IsType<SpanReply.Failure>(
            await AskAsync(connection, Open(10) with { Contract = description.Contract.Replace("boundary f32", "boundary bf16", StringComparison.Ordinal) }));
        Assert.Contains("'boundary f32' where the client has 'boundary bf16'", other.Message, StringComparison.Ordinal);
        Assert.IsType<SpanReply.Opened>(await AskAsync(connection, Open(10) with { Contract = description.Contract }));
    }

    [Fact]
    public async Task A_step_at_another_position_is_refused_and_the_session_goes_on()
    {
        await using PeerStream stream = await DialAsync();
        SpanConnection connection = await OpenedAsync(stream, 10);
        await StepAsync(connection, 1, rows: 2, seed: 1);
        await SendAsync(connection, new SpanRequest.Step(2, 1, false) { Position = 1 }, seed: 2);
        Assert.Contains("position 1", (await FailureAsync(connection)).Message, StringComparison.Ordinal);
        await SendAsync(connection, new SpanRequest.Step(2, 1, false) { Position = 2 }, seed: 2);
        Assert.IsType<SpanReply.Result>(await connection.ReceiveReplyAsync(_limit.Token));
    }

    [Fact]
    public async Task Two_hundred_and_fifty_six_sessions_share_the_memory_and_get_each_the_bytes_it_gets_alone()
    {
        const int Sessions = 256, Texts = 8;
        (int, int)[][] texts = [.. Enumerable.Range(0, Texts).Select(t => new[] { (3 + t, 10 * t), (1, (10 * t) + 1), (2, (10 * t) + 2), (1, (10 * t) + 3) })];
        float[][] alone = await Task.WhenAll(texts.Select(text => _hosted.ComputeAsync(_hosted.Span, text)));
        int length = LengthOf(Budget / Sessions);
        IPeerHost[] hosts = [_clientHost, _otherHost, .. Enumerable.Range(0, 6).Select(_ => _network.AddHost())];
        List<SpanConnection> connections = [];
        List<PeerStream> streams = [];
        for (int i = 0; i < Sessions; i++)
        {
            streams.Add(await hosts[i % hosts.Length].DialAsync(_serverHost.Id, SpanWire.ProtocolId, _limit.Token));
            connections.Add(await OpenedAsync(streams[^1], length));
        }

        PeerStream tooMuch = await hosts[^1].DialAsync(_serverHost.Id, SpanWire.ProtocolId, _limit.Token);
        long free = _hosted.Span.Budget.Free;
        Assert.Equal(SpanFailureCode.OutOfMemory, Assert.IsType<SpanReply.Failure>(await AskAsync(new SpanConnection(tooMuch), Open(length + LengthOf(free)))).Code);
        float[][] outputs = await Task.WhenAll(connections.Select((connection, i) => Task.Run(async () =>
        {
            List<float> output = [];
            for (int s = 0; s < texts[i % Texts].Length; s++)
            {
                output.AddRange(await StepAsync(connection, s + 1, texts[i % Texts][s].Item1, texts[i % Texts][s].Item2));
                Assert.InRange(_hosted.Span.Budget.Taken, 1, Budget);
            }

            return output.ToArray();
        })));
        Assert.All(outputs, (output, i) => Assert.Equal(alone[i % Texts], output));
        await Task.WhenAll(streams.Append(tooMuch).Select(stream => stream.DisposeAsync().AsTask()));
        await UntilAsync(() => _server.Sessions == 0 && _hosted.Span.Budget.Taken == 0);
        await Task.WhenAll(hosts[2..].Select(host => host.DisposeAsync().AsTask()));
    }

    [Fact]
    public async Task Who_leaves_refuses_new_sessions_and_lets_those_under_way_end()
    {
        PeerStream broken = await DialAsync();
        await OpenedAsync(broken, 10, Guid.NewGuid());
        broken.Reset();
        await using PeerStream stream = await DialAsync(), late = await DialAsync(), breaking = await DialAsync();
        SpanConnection connection = await OpenedAsync(stream, 10);
        await OpenedAsync(breaking, 10, Guid.NewGuid());
        await StepAsync(connection, 1, rows: 2, seed: 1);
        Task<int> leaving = _hosted.Span.LeaveAsync(TimeSpan.FromSeconds(30), CancellationToken.None);
        SpanReply.Failure refused = Assert.IsType<SpanReply.Failure>(await AskAsync(new SpanConnection(late), Open(10)));
        Assert.Equal(SpanFailureCode.Leaving, refused.Code);
        Assert.Contains("go elsewhere", refused.Message, StringComparison.Ordinal);
        await UntilAsync(() => _server.Sessions == 2); // nobody waits for a client that may come back
        breaking.Reset();
        await UntilAsync(() => _server.Sessions == 1);
        Assert.Equal((await _hosted.ComputeAsync(_hosted.Span, (2, 1), (1, 2)))[^_hosted.Span.BoundarySize..], await StepAsync(connection, 2, rows: 1, seed: 2));
        Assert.False(leaving.IsCompleted);
        await stream.DisposeAsync();
        Assert.Equal(0, await leaving.WaitAsync(_limit.Token));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Who_leaves_waits_no_longer_than_it_said_or_is_told(bool isHurried)
    {
        await using PeerStream stream = await DialAsync();
        await OpenedAsync(stream, 10);
        using CancellationTokenSource hurry = new();
        Task<int> leaving = _hosted.Span.LeaveAsync(TimeSpan.FromSeconds(30), hurry.Token);
        _clock.Advance(TimeSpan.FromSeconds(29));
        Assert.False(leaving.IsCompleted);
        if (isHurried)
        {
            await hurry.CancelAsync();
        }
        else
        {
            _clock.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Equal(1, await leaving.WaitAsync(_limit.Token));
    }

    [Fact]
    public async Task One_peer_s_sessions_never_take_all_memory()
    {
        int length = LengthOf(Budget / 8);
        List<PeerStream> streams = [];
        SpanReply reply;
        do
        {
            streams.Add(await DialAsync());
            reply = await AskAsync(new SpanConnection(streams[^1]), Open(length));
        }
        while (reply is SpanReply.Opened);

        Assert.Equal(SpanFailureCode.OutOfMemory, Assert.IsType<SpanReply.Failure>(reply).Code);
        Assert.InRange(_hosted.Span.Budget.Taken, Budget / 4, Budget / 2);
        await using PeerStream stream = await _otherHost.DialAsync(_serverHost.Id, SpanWire.ProtocolId, _limit.Token);
        await OpenedAsync(stream, length);
        foreach (PeerStream taken in streams)
        {
            await taken.DisposeAsync();
        }
    }

    [Fact]
    public async Task An_idle_session_of_a_peer_beyond_its_due_makes_room_for_another_peer()
    {
        await using PeerStream great = await DialAsync(), small = await _otherHost.DialAsync(_serverHost.Id, SpanWire.ProtocolId, _limit.Token);
        SpanConnection hog = await OpenedAsync(great, LengthOf(Budget * 9 / 10)), other = new(small);
        await StepAsync(hog, 1, rows: 1, seed: 1);
        Assert.Equal(SpanFailureCode.OutOfMemory, Assert.IsType<SpanReply.Failure>(await AskAsync(other, Open(LengthOf(Budget / 5)))).Code); // it is not idle
        _clock.Advance(TimeSpan.FromSeconds(10));
        Assert.IsType<SpanReply.Opened>(await AskAsync(other, Open(LengthOf(Budget / 5))));
        await SendAsync(hog, new SpanRequest.Step(2, 1, false), seed: 1);
        Assert.Equal(SpanFailureCode.SessionLost, (await FailureAsync(hog)).Code);
    }

    [Fact]
    public async Task A_session_without_a_stream_makes_room_at_once()
    {
        PeerStream broken = await DialAsync();
        await OpenedAsync(broken, LengthOf(Budget * 9 / 10), Guid.NewGuid());
        broken.Reset();
        await UntilAsync(() => _clock.HasTimerIn(TimeSpan.FromMinutes(1)));
        await using PeerStream stream = await DialAsync();
        await OpenedAsync(stream, LengthOf(Budget * 8 / 10));
    }

    [Fact]
    public async Task A_client_that_does_not_read_its_answer_is_waited_for_no_longer_than_a_slow_link_needs()
    {
        await using PeerStream stream = await DialAsync();
        SpanConnection connection = await OpenedAsync(stream, 400);
        await SendAsync(connection, new SpanRequest.Step(1, 150, true), seed: 1); // the answer is longer than what a stream holds
        TimeSpan limit = TimeSpan.FromMinutes(1) + TimeSpan.FromSeconds(Math.Ceiling(3.0 * 150 * _hosted.Span.BoundarySize * 4 / (64 << 10)));
        await UntilAsync(() => _clock.HasTimerIn(limit));
        _clock.Advance(limit);
        await UntilAsync(() => _server.Sessions == 0);
    }

    [Fact]
    public async Task A_client_that_does_not_send_its_step_to_the_end_is_waited_for_no_longer_than_a_slow_link_needs()
    {
        await using PeerStream stream = await DialAsync();
        await OpenedAsync(stream, 400);
        using MemoryStream frame = new();
        await new SpanConnection(frame).SendAsync(new SpanRequest.Step(1, 100, false), _hosted.Step(100, 1).Input, _limit.Token);
        await stream.WriteAsync(frame.ToArray().AsMemory(0, 100), _limit.Token);
        TimeSpan limit = TimeSpan.FromMinutes(1) + TimeSpan.FromSeconds(Math.Ceiling(100.0 * _hosted.Span.BoundarySize * 4 / (64 << 10)));
        await UntilAsync(() => _clock.HasTimerIn(limit));
        Assert.True(_hosted.Span.Memory.StepBytes > 0);
        _clock.Advance(limit);
        await UntilAsync(() => _server.Sessions == 0 && _hosted.Span.Memory.StepBytes == 0);
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        using CancellationTokenSource limit = new(TimeSpan.FromMinutes(1));
        while (!condition())
        {
            await Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System, limit.Token);
        }
    }

    /// <summary>Tokens of a session that takes about so many bytes, and no more.</summary>
    private int LengthOf(long bytes)
    {
        long least = _hosted.Span.SessionBytes(new BlockSessionOptions(_hosted.Span.Range, 16)), more = _hosted.Span.SessionBytes(new BlockSessionOptions(_hosted.Span.Range, 32)) - least;
        return (int)((bytes - least) / more * 16) + 16;
    }

    private SpanRequest.Open Open(int maxLength, Guid? id = null) => new(1, 3, maxLength, 0, _hosted.Span.Contract.Text) { SessionId = id };

    private async Task<PeerStream> DialAsync() => await _clientHost.DialAsync(_serverHost.Id, SpanWire.ProtocolId, _limit.Token);

    private async Task<SpanConnection> OpenedAsync(PeerStream stream, int maxLength, Guid? id = null)
    {
        SpanConnection connection = new(stream);
        Assert.IsType<SpanReply.Opened>(await AskAsync(connection, Open(maxLength, id)));
        return connection;
    }

    private async Task<SpanReply> AskAsync(SpanConnection connection, SpanRequest request)
    {
        await connection.SendAsync(request, default, _limit.Token);
        return await connection.ReceiveReplyAsync(_limit.Token);
    }

    private ValueTask SendAsync(SpanConnection connection, SpanRequest.Step step, int seed) => connection.SendAsync(step, _hosted.Step(step.Rows, seed).Input, _limit.Token);

    private async Task<SpanReply.Failure> FailureAsync(SpanConnection connection) => Assert.IsType<SpanReply.Failure>(await connection.ReceiveReplyAsync(_limit.Token));

    private async Task<float[]> StepAsync(SpanConnection connection, long number, int rows, int seed)
    {
        await SendAsync(connection, new SpanRequest.Step(number, rows, false), seed);
        Assert.Equal(number, Assert.IsType<SpanReply.Result>(await connection.ReceiveReplyAsync(_limit.Token)).Number);
        float[] output = new float[connection.PayloadLength];
        await connection.ReceivePayloadAsync(output, _limit.Token);
        return output;
    }
}
