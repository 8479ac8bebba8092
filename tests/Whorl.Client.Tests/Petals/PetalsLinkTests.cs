using Whorl.Client.Links;
using Whorl.Client.Petals;
using Whorl.Client.Recovery;
using Whorl.Models;
using Whorl.P2P;
using Whorl.Protocol.Rpc;
using Whorl.Testing;

namespace Whorl.Client.Tests.Petals;

/// <summary>What a server of Petals' protocol may do, and what its client makes of it: in memory, on a clock that only the test moves.</summary>
public sealed class PetalsLinkTests : IAsyncLifetime
{
    private static readonly BlockRange Range = new(0, 2);

    private readonly InMemoryNetwork _network = new();
    private readonly ManualTimeProvider _clock = new();
    private readonly IPeerHost _serverHost;
    private readonly IPeerHost _clientHost;
    private readonly ScriptedPetalsServer _server;

    public PetalsLinkTests()
    {
        (_serverHost, _clientHost) = (_network.AddHost(), _network.AddHost());
        _server = new ScriptedPetalsServer(_serverHost, _clock);
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await _clientHost.DisposeAsync();
        await _serverHost.DisposeAsync();
    }

    [Theory]
    [InlineData("nan", "infinite or not numbers")]
    [InlineData("infinity", "infinite or not numbers")]
    [InlineData("fewer rows", "[1, 1, 4] instead of [1, 2, 4]")]
    [InlineData("more rows", "[1, 3, 4] instead of [1, 2, 4]")]
    [InlineData("nothing", "nothing instead of [1, 2, 4]")]
    [InlineData("two tensors", "[1, 2, 4] and [1, 2, 4] instead of [1, 2, 4]")]
    [InlineData("the same values again", "the last step's values to other tokens")]
    [InlineData("garbage", "")]
    public async Task What_cannot_be_an_answer_is_never_believed_and_the_error_names_the_server_once(string lie, string says)
    {
        await using IBlockSession session = await OpenAsync();
        await StepAsync(session, 1);
        _server.Script = input => Lie(lie, input);

        BadAnswerException error = await Assert.ThrowsAsync<BadAnswerException>(() => StepAsync(session, 2));

        Assert.Contains(says, error.Message, StringComparison.Ordinal);
        string name = "…" + _serverHost.Id.ToString()[^8..];
        Assert.StartsWith($"server {name} does not compute blocks 0..2 as it should: ", error.Message, StringComparison.Ordinal);
        Assert.Equal(2, error.Message.Split(name[1..]).Length);
        await Assert.ThrowsAsync<SessionLostException>(() => StepAsync(session, 3));
    }

    [Fact]
    public async Task An_answer_that_comes_before_its_step_is_none()
    {
        await using IBlockSession session = await OpenAsync();
        _server.Script = input =>
        {
            byte[] answer = ScriptedPetalsServer.Answer(ScriptedPetalsServer.Compute(input), 1, 2, 4), other = ScriptedPetalsServer.Answer([.. input], 1, 2, 4);
            return [answer, other, other];
        };
        await StepAsync(session, 1);
        BadAnswerException? error = null;
        for (int seed = 2; error is null; seed++)
        {
            // Where the second answer arrives only after the next step was sent, it is taken for that one's, and the third is what shows.
            BlockStep step = Step(seed);
            error = await Record.ExceptionAsync(async () => await session.StepAsync(step, CancellationToken.None)) as BadAnswerException;
            Assert.True(seed < 4);
        }

        Assert.Contains("more answers than there were steps", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_stops_altogether_is_noticed_within_two_seconds_of_its_clock()
    {
        await using IBlockSession session = await OpenAsync();
        await StepAsync(session, 1);
        TaskCompletionSource asked = new();
        _server.Script = _ =>
        {
            asked.TrySetResult();
            return [];
        };
        Task step = StepAsync(session, 2);
        await asked.Task;
        _serverHost.Unhandle("TransformerConnectionHandler.rpc_info");
        _serverHost.Handle("TransformerConnectionHandler.rpc_info", (_, token) => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, token));
        _clock.Advance(StepWatch.LeastPatience);
        while (!_clock.HasTimerIn(StepWatch.LeastProbe))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System);
        }

        Assert.False(step.IsCompleted);
        _clock.Advance(StepWatch.LeastProbe);
        Assert.Contains("has stopped answering", (await Assert.ThrowsAsync<SessionLostException>(() => step)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_answers_a_step_with_an_error_is_left_for_another_holder()
    {
        IPeerHost otherHost = _network.AddHost();
        ScriptedPetalsServer other = new(otherHost, _clock);
        await using IBlockSession session = await OpenOverAsync(_serverHost, otherHost);
        await StepAsync(session, 1);
        string before = session.Holders.Single().Name;
        ScriptedPetalsServer failing = before == _serverHost.Id.ToString() ? _server : other;
        failing.Script = _ => throw new RpcErrorException("CUDA error: device-side assert triggered");

        await StepAsync(session, 2);

        Assert.NotEqual(before, session.Holders.Single().Name);
        Assert.Equal(RecoveryKind.Replace, Assert.Single(((IRecoverable)session).Recoveries).Kind);
        await otherHost.DisposeAsync();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_step_that_every_holder_answers_with_an_error_ends_with_its_words(int holders)
    {
        IPeerHost otherHost = _network.AddHost();
        _server.Script = _ => throw new RpcErrorException("ValueError: too much");
        _ = new ScriptedPetalsServer(otherHost, _clock) { Script = _server.Script };
        await using IBlockSession session = await OpenOverAsync([.. new[] { _serverHost, otherHost }.Take(holders)]);

        SpanRefusedException error = await Assert.ThrowsAsync<SpanRefusedException>(() => StepAsync(session, 1));

        Assert.Contains("ValueError: too much", error.Message, StringComparison.Ordinal);
        await otherHost.DisposeAsync();
    }

    private static byte[][] Lie(string lie, float[] input)
    {
        float[] right = ScriptedPetalsServer.Compute(input);
        return lie switch
        {
            "nan" => [ScriptedPetalsServer.Answer([.. right[..^1], float.NaN], 1, 2, 4)],
            "infinity" => [ScriptedPetalsServer.Answer([float.PositiveInfinity, .. right[1..]], 1, 2, 4)],
            "fewer rows" => [ScriptedPetalsServer.Answer(right[..4], 1, 1, 4)],
            "more rows" => [ScriptedPetalsServer.Answer([.. right, 1, 2, 3, 4], 1, 3, 4)],
            "nothing" => [new Whorl.Protocol.Messages.ExpertResponse([]).ToBytes()],
            "two tensors" => [new Whorl.Protocol.Messages.ExpertResponse([.. Enumerable.Repeat(
                Whorl.Protocol.Messages.ExpertResponse.Parse(ScriptedPetalsServer.Answer(right, 1, 2, 4)).Tensors[0], 2)]).ToBytes()],
            "the same values again" => [ScriptedPetalsServer.Answer(ScriptedPetalsServer.Compute([.. Step(1).Input.Span]), 1, 2, 4)],
            "garbage" => [[0xff, 0xff, 0xff, 0xff, 0xff, 0xff]],
            _ => throw new ArgumentException(lie, nameof(lie)),
        };
    }

    private static BlockStep Step(int seed)
    {
        float[] input = [.. Enumerable.Range(0, 2 * ScriptedPetalsServer.Width).Select(i => (seed * 10) + (i / 8f))];
        return new BlockStep { Rows = 2, Input = input, Output = new float[input.Length] };
    }

    private static async Task StepAsync(IBlockSession session, int seed)
    {
        BlockStep step = Step(seed);
        await session.StepAsync(step, CancellationToken.None);
        Assert.Equal(ScriptedPetalsServer.Compute([.. step.Input.Span]), step.Output.ToArray());
    }

    private async Task<IBlockSession> OpenAsync()
    {
        PetalsSpan span = await PetalsSpan.ConnectAsync(
            new RpcClient(_clientHost, _clock), _serverHost.Id, "model", Range, new PetalsClientOptions(), CancellationToken.None);
        return await span.OpenAsync(new BlockSessionOptions(Range, 100), CancellationToken.None);
    }

    private async Task<IBlockSession> OpenOverAsync(params IPeerHost[] servers)
    {
        List<IBlockSpan> spans = [];
        foreach (IPeerHost server in servers)
        {
            RpcClient rpc = new(_clientHost, _clock);
            spans.Add(await PetalsSpan.ConnectAsync(rpc, server.Id, "model", Range, new PetalsClientOptions(), CancellationToken.None));
        }

        return await SpanChain.Cover(spans, Range).OpenAsync(new BlockSessionOptions(Range, 100), CancellationToken.None);
    }
}
