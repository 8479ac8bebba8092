using Microsoft.Extensions.Logging.Abstractions;
using Whorl.Models;
using Whorl.P2P;
using Whorl.Protocol;

namespace Whorl.Server.Tests;

/// <summary>Hidden states that go from server to server.</summary>
public sealed class SpanPushTests : IAsyncLifetime, IDisposable
{
    private readonly InMemoryNetwork _network = new();
    private readonly CancellationTokenSource _limit = new(TimeSpan.FromMinutes(2));
    private readonly Hosted _hosted = new(threads: 1);
    private readonly HostedSpan _behind;
    private readonly IPeerHost _firstHost, _secondHost, _clientHost, _otherHost;
    private readonly SpanServer _first, _second;
    private readonly Guid _ticket = Guid.NewGuid();

    public SpanPushTests()
    {
        _behind = new HostedSpan(_hosted.Blocks, new MemoryBudget(long.MaxValue), "behind", TimeProvider.System);
        (_firstHost, _secondHost, _clientHost, _otherHost) = (_network.AddHost(), _network.AddHost(), _network.AddHost(), _network.AddHost());
        (_first, _second) = (new SpanServer(_hosted.Span, NullLogger.Instance), new SpanServer(_behind, NullLogger.Instance));
        _first.Listen(_firstHost);
        _second.Listen(_secondHost);
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await _clientHost.DisposeAsync();
        await _otherHost.DisposeAsync();
        await _firstHost.DisposeAsync();
        await _secondHost.DisposeAsync();
        await _first.DisposeAsync();
        await _second.DisposeAsync();
        Assert.Equal((0, 0L, 0L), (_first.Sessions + _second.Sessions, _hosted.Span.Memory.StepBytes, _behind.Memory.StepBytes));
    }

    public void Dispose()
    {
        _hosted.Dispose();
        _limit.Dispose();
    }

    [Fact]
    public async Task Outputs_go_on_to_the_next_server_and_the_client_gets_the_results_of_both()
    {
        (SpanConnection first, SpanConnection second) = await LinkedAsync();
        List<float[]> expected = await CarriedAsync();
        for (int step = 0; step < expected.Count; step++)
        {
            await SendAsync(first, step + 1, step, push: true);
            (SpanReply.Result own, _) = await ResultAsync(first);
            (SpanReply.Result pushed, float[] output) = await ResultAsync(second);
            Assert.Equal((step + 1, true, step + 1, false), (own.Number, own.IsPushed, pushed.Number, pushed.IsPushed));
            Assert.Equal(expected[step], output);
        }
    }

    [Fact]
    public async Task Steps_that_are_not_to_be_pushed_are_carried_by_the_client_in_between()
    {
        (SpanConnection first, SpanConnection second) = await LinkedAsync();
        List<float[]> expected = await CarriedAsync();
        for (int step = 0; step < expected.Count; step++)
        {
            await SendAsync(first, step + 1, step, push: step % 2 == 0);
            (SpanReply.Result own, float[] between) = await ResultAsync(first);
            Assert.Equal(step % 2 == 0, own.IsPushed);
            if (!own.IsPushed)
            {
                await second.SendAsync(new SpanRequest.Step(step + 1, 1, false), between, _limit.Token);
            }

            Assert.Equal(expected[step], (await ResultAsync(second)).Output);
        }
    }

    [Fact]
    public async Task A_step_that_is_pushed_and_carried_too_is_computed_once()
    {
        (SpanConnection first, SpanConnection second) = await LinkedAsync();
        List<float[]> expected = await CarriedAsync();
        await SendAsync(first, 1, 0, push: true);
        float[] between = (await ResultAsync(first)).Output;
        Assert.Equal(expected[0], (await ResultAsync(second)).Output);
        await second.SendAsync(new SpanRequest.Step(1, 1, false), between, _limit.Token);
        Assert.Equal(expected[0], (await ResultAsync(second)).Output);
        await SendAsync(first, 2, 1, push: true);
        await ResultAsync(first);
        Assert.Equal(expected[1], (await ResultAsync(second)).Output);
    }

    [Fact]
    public async Task The_result_of_a_pushed_step_whose_stream_broke_is_got_by_attaching()
    {
        Guid id = Guid.NewGuid();
        PeerStream broken = await DialAsync(_secondHost);
        SpanConnection first = await OpenedAsync(await DialAsync(_firstHost));
        await LinkAsync(first, await OpenedAsync(broken, id));
        broken.Reset();
        await SendAsync(first, 1, 0, push: true);
        (SpanReply.Result own, float[] between) = await ResultAsync(first);
        Assert.True(own.IsPushed);
        SpanConnection second = new(await DialAsync(_secondHost));
        Assert.InRange(Assert.IsType<SpanReply.Attached>(await AskAsync(second, new SpanRequest.Attach(id, 0))).LastNumber, 0, 1);
        await second.SendAsync(new SpanRequest.Step(1, 1, false), between, _limit.Token);
        Assert.Equal((await CarriedAsync())[0], (await ResultAsync(second)).Output);
    }

    [Fact]
    public async Task A_server_that_is_gone_gets_nothing_and_the_client_is_told_so()
    {
        (SpanConnection first, _) = await LinkedAsync();
        _network.Kill(_secondHost.Id);
        for (int step = 0; ; step++)
        {
            await SendAsync(first, step + 1, step, push: true);
            if (!(await ResultAsync(first)).Result.IsPushed)
            {
                break; // at the latest when the broken stream has been noticed
            }
        }
    }

    [Fact]
    public async Task Nobody_feeds_a_session_whom_its_owner_has_not_named()
    {
        SpanConnection second = await OpenedAsync(await DialAsync(_secondHost));
        Assert.IsType<SpanReply.Linked>(await AskAsync(second, new SpanRequest.Accept(_ticket, _firstHost.Id)));
        foreach ((IPeerHost host, Guid ticket) in ((IPeerHost, Guid)[])[(_otherHost, _ticket), (_clientHost, _ticket), (_firstHost, Guid.NewGuid())])
        {
            SpanConnection feeding = new(await host.DialAsync(_secondHost.Id, SpanWire.ProtocolId, _limit.Token));
            Assert.Equal(SpanFailureCode.BadRequest, Assert.IsType<SpanReply.Failure>(await AskAsync(feeding, new SpanRequest.Feed(ticket))).Code);
        }
    }

    [Fact]
    public async Task Outputs_go_nowhere_where_nobody_was_told_to_take_them()
    {
        SpanConnection first = await OpenedAsync(await DialAsync(_firstHost));
        SpanReply.Failure failure = Assert.IsType<SpanReply.Failure>(await AskAsync(first, new SpanRequest.Forward(_ticket, _secondHost.Id, [], 0)));
        Assert.Equal(SpanFailureCode.BadRequest, failure.Code);
        await SendAsync(first, 1, 0, push: true);
        Assert.False((await ResultAsync(first)).Result.IsPushed);
    }

    [Fact]
    public async Task No_session_has_more_than_64_dials_made_for_it()
    {
        SpanConnection first = await OpenedAsync(await DialAsync(_firstHost));
        for (int i = 0; i < 64; i++)
        {
            Assert.DoesNotContain("too often", Assert.IsType<SpanReply.Failure>(await AskAsync(first, new SpanRequest.Forward(_ticket, _secondHost.Id, [], 0))).Message, StringComparison.Ordinal);
        }

        Assert.Contains("too often", Assert.IsType<SpanReply.Failure>(await AskAsync(first, new SpanRequest.Forward(_ticket, _secondHost.Id, [], 0))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_ticket_is_of_one_session()
    {
        SpanConnection one = await OpenedAsync(await DialAsync(_secondHost)), other = await OpenedAsync(await DialAsync(_secondHost));
        Assert.IsType<SpanReply.Linked>(await AskAsync(one, new SpanRequest.Accept(_ticket, _firstHost.Id)));
        Assert.Equal(SpanFailureCode.BadRequest, Assert.IsType<SpanReply.Failure>(await AskAsync(other, new SpanRequest.Accept(_ticket, _firstHost.Id))).Code);
        Assert.IsType<SpanReply.Linked>(await AskAsync(other, new SpanRequest.Accept(Guid.NewGuid(), _firstHost.Id)));
    }

    [Fact]
    public async Task A_server_that_does_not_push_says_so_and_refuses()
    {
        IPeerHost host = _network.AddHost();
        await using (SpanServer server = new(_hosted.Span, NullLogger.Instance) { Pushes = false })
        {
            server.Listen(host);
            SpanConnection connection = new(await DialAsync(host));
            Assert.False(Assert.IsType<SpanReply.Description>(await AskAsync(connection, new SpanRequest.Describe())).Features.HasFlag(SpanFeatures.Push));
            connection = await OpenedAsync(await DialAsync(host));
            Assert.IsType<SpanReply.Failure>(await AskAsync(connection, new SpanRequest.Forward(_ticket, _secondHost.Id, [], 0)));
            await host.DisposeAsync();
        }
    }

    private async Task<(SpanConnection First, SpanConnection Second)> LinkedAsync()
    {
        SpanConnection first = await OpenedAsync(await DialAsync(_firstHost)), second = await OpenedAsync(await DialAsync(_secondHost));
        await LinkAsync(first, second);
        return (first, second);
    }

    private async Task LinkAsync(SpanConnection first, SpanConnection second)
    {
        Assert.IsType<SpanReply.Linked>(await AskAsync(second, new SpanRequest.Accept(_ticket, _firstHost.Id)));
        Assert.IsType<SpanReply.Linked>(await AskAsync(first, new SpanRequest.Forward(_ticket, _secondHost.Id, [], 0)));
    }

    /// <summary>What four steps of a row give that pass both servers.</summary>
    private async Task<List<float[]>> CarriedAsync()
    {
        BlockSessionOptions options = new(_hosted.Span.Range, 8);
        await using IBlockSession first = await _hosted.Span.OpenAsync(options, _limit.Token), second = await _behind.OpenAsync(options, _limit.Token);
        List<float[]> outputs = [];
        for (int seed = 0; seed < 4; seed++)
        {
            BlockStep step = _hosted.Step(1, seed);
            await first.StepAsync(step, _limit.Token);
            BlockStep behind = new() { Rows = 1, Input = step.Output, Output = new float[step.Output.Length] };
            await second.StepAsync(behind, _limit.Token);
            outputs.Add(behind.Output.ToArray());
        }

        return outputs;
    }

    private async Task<PeerStream> DialAsync(IPeerHost host) => await _clientHost.DialAsync(host.Id, SpanWire.ProtocolId, _limit.Token);

    private async Task<SpanConnection> OpenedAsync(PeerStream stream, Guid? id = null)
    {
        SpanConnection connection = new(stream);
        Assert.IsType<SpanReply.Opened>(await AskAsync(connection, new SpanRequest.Open(1, 3, 100, 0, _hosted.Span.Contract.Text) { SessionId = id }));
        return connection;
    }

    private async Task<SpanReply> AskAsync(SpanConnection connection, SpanRequest request)
    {
        await connection.SendAsync(request, default, _limit.Token);
        return await connection.ReceiveReplyAsync(_limit.Token);
    }

    private ValueTask SendAsync(SpanConnection connection, long number, int seed, bool push) =>
        connection.SendAsync(new SpanRequest.Step(number, 1, false) { Push = push }, _hosted.Step(1, seed).Input, _limit.Token);

    private async Task<(SpanReply.Result Result, float[] Output)> ResultAsync(SpanConnection connection)
    {
        SpanReply.Result result = Assert.IsType<SpanReply.Result>(await connection.ReceiveReplyAsync(_limit.Token));
        float[] output = new float[connection.PayloadLength];
        await connection.ReceivePayloadAsync(output, _limit.Token);
        return (result, output);
    }
}
