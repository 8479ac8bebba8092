using Whorl.Client.Links;
using Whorl.Models;
using Whorl.P2P;
using Whorl.Protocol;
using Whorl.Testing;

namespace Whorl.Client.Tests.Links;

/// <summary>What a server of <c>/whorl/span/1</c> may do, and what its client makes of it: in memory, on a clock that only the test moves.</summary>
public sealed class WhorlLinkTests : IAsyncLifetime
{
    private readonly InMemoryNetwork _network = new();
    private readonly ManualTimeProvider _clock = new();
    private readonly IPeerHost _serverHost;
    private readonly IPeerHost _clientHost;

    public WhorlLinkTests() => (_serverHost, _clientHost) = (_network.AddHost(), _network.AddHost());

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await _clientHost.DisposeAsync();
        await _serverHost.DisposeAsync();
        Assert.Equal(0, _network.OpenStreams);
    }

    public static TheoryData<string, string> Lies => new()
    {
        { "nan", "infinite or not numbers" },
        { "infinity", "infinite or not numbers" },
        { "fewer rows", "a payload of 4 values where 8 belong" },
        { "more rows", "a payload of 12 values where 8 belong" },
        { "no rows", "a payload of 0 values where 8 belong" },
        { "a later number", "the result of step 4 to step 3" },
        { "an old number", "the result of step 2 to step 3" },
        { "the same values again", "the last step's values to other tokens" },
        { "zeros again", "the last step's values to other tokens" },
        { "another kind", "Opened to step 3" },
        { "garbage", "" },
        { "a huge frame", "at most" },
    };

    [Theory]
    [MemberData(nameof(Lies))]
    public async Task What_cannot_be_an_answer_is_never_believed_and_the_error_names_the_server_once(string lie, string says)
    {
        ScriptedServer server = new(_serverHost);
        await using IBlockSession session = await OpenAsync();
        await StepAsync(session, 1);
        if (lie == "zeros again")
        {
            server.Script = Lie(lie);
        }

        await StepAsync(session, 2);
        server.Script = Lie(lie);

        BadAnswerException error = await Assert.ThrowsAsync<BadAnswerException>(() => StepAsync(session, 3));

        Assert.Contains(says, error.Message, StringComparison.Ordinal);
        Assert.Equal(2, error.Message.Split("somewhere").Length);
        Assert.StartsWith("server somewhere does not compute blocks 3..5 as it should: ", error.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<SessionLostException>(() => StepAsync(session, 4));
    }

    [Theory]
    [InlineData(SpanFailureCode.BadRequest, true)]
    [InlineData(SpanFailureCode.Internal, false)]
    public async Task A_refusal_is_told_on_one_line_and_ends_the_session_unless_the_step_is_to_blame(SpanFailureCode code, bool goesOn)
    {
        ScriptedServer server = new(_serverHost);
        await using IBlockSession session = await OpenAsync();
        server.Script = (request, stream) => request is SpanRequest.Step ? stream.AnswerAsync(new SpanReply.Failure(code, "\u001b[31mno\n\u001b[2Jmore")) : Honest();

        SpanRefusedException error = await Assert.ThrowsAsync<SpanRefusedException>(() => StepAsync(session, 1));
        Assert.Equal("server somewhere refused blocks 3..5: no more", error.Message);
        server.Script = (_, _) => Honest();
        if (goesOn)
        {
            await StepAsync(session, 1);
        }
        else
        {
            await Assert.ThrowsAsync<SessionLostException>(() => StepAsync(session, 1));
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_server_that_stops_altogether_is_noticed_within_two_seconds_and_in_the_first_step_within_seven(bool inTheFirstStep)
    {
        ScriptedServer server = new(_serverHost);
        await using IBlockSession session = await OpenAsync();
        if (!inTheFirstStep)
        {
            await StepAsync(session, 1);
        }

        TaskCompletionSource asked = new();
        server.Script = (_, stream) =>
        {
            asked.TrySetResult();
            return stream.HangAsync();
        };
        Task step = StepAsync(session, 2);
        await asked.Task;
        _clock.Advance(inTheFirstStep ? StepWatch.FirstPatience : StepWatch.LeastPatience);
        TimeSpan probe = inTheFirstStep ? StepWatch.FirstProbe : StepWatch.LeastProbe;
        await UntilAsync(() => _clock.HasTimerIn(probe));
        Assert.False(step.IsCompleted);
        _clock.Advance(probe);

        SessionLostException error = await Assert.ThrowsAsync<SessionLostException>(() => step);
        Assert.Equal("server somewhere, which computed blocks 3..5, is gone: it has stopped answering, a step for "
            + $"{(inTheFirstStep ? "7" : "2")} s and whether it is there", error.Message);
        await Assert.ThrowsAsync<SessionLostException>(() => StepAsync(session, 3));
    }

    [Fact]
    public async Task A_server_that_answers_late_but_says_that_it_is_there_is_waited_for()
    {
        ScriptedServer server = new(_serverHost);
        await using IBlockSession session = await OpenAsync();
        await StepAsync(session, 1);
        TaskCompletionSource asked = new(), go = new();
        server.Script = async (request, _) =>
        {
            if (request is SpanRequest.Step)
            {
                asked.TrySetResult();
                await go.Task;
            }

            return false;
        };
        Task step = StepAsync(session, 2);
        await asked.Task;
        int before = server.Describes;
        await PassAsync(0.75, 1.5, 3, 6, 12);
        Assert.False(step.IsCompleted);
        Assert.Equal(before + 5, server.Describes);
        go.SetResult();
        await step;

        // The next one may take as long, and is asked for only when it does.
        (asked, go) = (new(), new());
        before = server.Describes;
        step = StepAsync(session, 3);
        await asked.Task;
        _clock.Advance(TimeSpan.FromSeconds(100));
        Assert.Equal(before, server.Describes);
        go.SetResult();
        await step;
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_step_that_is_never_answered_or_a_byte_at_a_time_ends_though_the_server_says_that_it_is_there(bool drips)
    {
        ScriptedServer server = new(_serverHost);
        await using IBlockSession session = await OpenAsync();
        await StepAsync(session, 1);
        TaskCompletionSource asked = new();
        server.Script = async (request, stream) =>
        {
            if (request is not SpanRequest.Step)
            {
                return false;
            }

            asked.TrySetResult();
            for (int i = 0; drips && i < 3; i++)
            {
                await stream.Stream.WriteAsync(new byte[] { (byte)(i == 0 ? 4 : 0) }, stream.Token);
            }

            return await stream.HangAsync();
        };
        Task step = StepAsync(session, 2);
        await asked.Task;
        await PassAsync(0.75, 1.5, 3, 6, 12);
        Assert.False(step.IsCompleted);
        _clock.Advance(TimeSpan.FromSeconds(6.75));
        Assert.Contains("has taken 30 s", (await Assert.ThrowsAsync<SessionLostException>(() => step)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_server_that_says_nothing_when_it_is_asked_what_it_holds_or_to_open_is_left_after_ten_seconds(bool describes)
    {
        TaskCompletionSource asked = new();
        _ = new ScriptedServer(_serverHost)
        {
            Script = (request, stream) =>
            {
                if (request is SpanRequest.Describe && describes)
                {
                    return Honest();
                }

                asked.TrySetResult();
                return stream.HangAsync();
            },
        };
        Task<IBlockSession> opening = OpenAsync();
        await asked.Task;
        _clock.Advance(TimeSpan.FromSeconds(10));
        Assert.StartsWith("server somewhere did not answer", (await Assert.ThrowsAsync<PeerUnavailableException>(() => opening)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_description_that_cannot_be_is_refused()
    {
        foreach (SpanReply reply in (SpanReply[])
            [
                new SpanReply.Description(3, 5, 0, ScriptedServer.Contract.Text),
                new SpanReply.Description(3, 6, 4, ScriptedServer.Contract.Text), // nothing is said of block 6
                new SpanReply.Description(3, 5, 4, ScriptedServer.Contract.Text + "more 1\n"),
                new SpanReply.Description(3, 5, 4, ScriptedServer.Contract.Text.Replace("boundary f32", "boundary f8", StringComparison.Ordinal)),
                new SpanReply.Description(3, 5, 4, ""),
                new SpanReply.Opened(),
            ])
        {
            await using IPeerHost host = _network.AddHost();
            _ = new ScriptedServer(host) { Script = (_, stream) => stream.AnswerAsync(reply) };
            FormatException error = await Assert.ThrowsAnyAsync<FormatException>(
                async () => await RemoteSpan.ConnectAsync(_clientHost, host.Id, "somewhere", _clock, CancellationToken.None));
            Assert.StartsWith("server somewhere does not say what it holds", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Who_answered_at_an_address_is_the_server_from_then_on()
    {
        ScriptedServer server = new(_serverHost);
        RemoteSpan span = await RemoteSpan.ConnectAsync(_clientHost, new PeerAddress(null, _serverHost.ListenAddresses), "somewhere", _clock, CancellationToken.None);
        Assert.Equal(1, server.Describes);
        await using (IBlockSession session = await span.OpenAsync(new BlockSessionOptions(ScriptedServer.Range, 10), CancellationToken.None))
        {
            await StepAsync(session, 1);
        }

        _network.Kill(_serverHost.Id);
        await using IPeerHost other = _network.AddHost();
        _ = new ScriptedServer(other);
        await Assert.ThrowsAsync<PeerUnavailableException>(async () => await span.OpenAsync(new BlockSessionOptions(ScriptedServer.Range, 10), CancellationToken.None));
    }

    [Fact]
    public async Task Time_that_a_server_claims_to_have_computed_is_no_more_than_it_took()
    {
        ScriptedServer server = new(_serverHost);
        await using IBlockSession session = await OpenAsync();
        server.Script = (request, stream) => request is SpanRequest.Step step
            ? stream.AnswerAsync(new SpanReply.Result(step.Number, TimeSpan.FromDays(1)), ScriptedServer.Compute(stream.Input))
            : Honest();
        await StepAsync(session, 1);
        Assert.Equal(session.Holders[0].Total, session.Holders[0].Computing);
    }

    [Fact]
    public async Task A_step_whose_answer_was_there_already_says_nothing_of_how_long_others_take()
    {
        ScriptedServer server = new(_serverHost);
        await using IBlockSession session = await OpenAsync();
        server.Script = (request, stream) => request is SpanRequest.Step step
            ? stream.AnswerAsync(new SpanReply.Result(step.Number, TimeSpan.Zero) { FoundRows = 2 }, ScriptedServer.Compute(stream.Input))
            : Honest();
        await StepAsync(session, 1);
        Assert.False(((ILink)session).TellsTime);
        TaskCompletionSource asked = new(), go = new();
        server.Script = async (request, _) =>
        {
            if (request is SpanRequest.Step)
            {
                asked.TrySetResult();
                await go.Task;
            }

            return false;
        };
        Task step = StepAsync(session, 2);
        await asked.Task;
        Assert.True(_clock.HasTimerIn(StepWatch.FirstPatience)); // as in a session's first step, not five times nothing
        go.SetResult();
        await step;
        Assert.True(((ILink)session).TellsTime);
    }

    [Fact]
    public async Task Deep_prompts_are_refused_and_not_dropped()
    {
        ScriptedServer server = new(_serverHost);
        await using IBlockSession session = await OpenAsync();
        BlockStep step = Step(1);
        (step.PromptRows, step.Prompts) = (1, new float[3 * ScriptedServer.Width]);
        await Assert.ThrowsAsync<NotSupportedException>(async () => await session.StepAsync(step, CancellationToken.None));
        Assert.Empty(server.Steps);
        await StepAsync(session, 1);
    }

    [Fact]
    public async Task A_session_whose_stream_breaks_goes_on_over_another_one_if_the_server_keeps_it()
    {
        ScriptedServer server = new(_serverHost, SpanFeatures.Attach | SpanFeatures.Position);
        await using IBlockSession session = await OpenAsync();
        await StepAsync(session, 1);
        List<SpanRequest> seen = [];
        bool breaks = true;
        server.Script = (request, stream) =>
        {
            seen.Add(request);
            if (request is SpanRequest.Step && breaks)
            {
                breaks = false;
                stream.Stream.Reset();
                throw new IOException("cut");
            }

            return Honest();
        };

        await StepAsync(session, 2); // its answer is checked
        await StepAsync(session, 3);

        Assert.Equal(["Step", "Attach", "Step", "Step"], seen.Select(r => r.GetType().Name));
        Assert.Equal((long)1, Assert.IsType<SpanRequest.Attach>(seen[1]).LastNumber);
        Assert.Equal([(1, 0), (2, 2), (3, 4)], server.Steps.Select(s => ((int)s.Number, s.Position!.Value)));
    }

    [Fact]
    public async Task A_session_that_the_server_has_not_any_more_is_lost_where_its_stream_breaks()
    {
        ScriptedServer server = new(_serverHost, SpanFeatures.Attach);
        await using IBlockSession session = await OpenAsync();
        await StepAsync(session, 1);
        server.Script = (request, stream) =>
        {
            if (request is SpanRequest.Step)
            {
                stream.Stream.Reset();
                throw new IOException("cut");
            }

            return stream.AnswerAsync(new SpanReply.Failure(SpanFailureCode.SessionLost, "there is no such session"));
        };
        await Assert.ThrowsAsync<SessionLostException>(() => StepAsync(session, 2));
    }

    private static Task<bool> Honest() => Task.FromResult(false);

    private static Func<SpanRequest, ScriptedStream, Task<bool>> Lie(string lie) => async (request, stream) =>
    {
        if (request is not SpanRequest.Step step)
        {
            return false;
        }

        float[] right = ScriptedServer.Compute(stream.Input);
        SpanReply.Result result = new(step.Number, TimeSpan.Zero);
        return lie switch
        {
            "nan" => await stream.AnswerAsync(result, [.. right[..^1], float.NaN]),
            "infinity" => await stream.AnswerAsync(result, [float.NegativeInfinity, .. right[1..]]),
            "fewer rows" => await stream.AnswerAsync(result, right[..4]),
            "more rows" => await stream.AnswerAsync(result, [.. right, 1, 2, 3, 4]),
            "no rows" => await stream.AnswerAsync(result),
            "a later number" => await stream.AnswerAsync(result with { Number = step.Number + 1 }, right),
            "an old number" => await stream.AnswerAsync(result with { Number = step.Number - 1 }, right),
            "the same values again" => await stream.AnswerAsync(result, ScriptedServer.Compute([.. Step(2).Input.Span])),
            "zeros again" => await stream.AnswerAsync(result, new float[right.Length]),
            "another kind" => await stream.AnswerAsync(new SpanReply.Opened()),
            "garbage" => await WriteAsync([2, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff]),
            "a huge frame" => await WriteAsync([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
            _ => throw new ArgumentException(lie, nameof(lie)),
        };

        async Task<bool> WriteAsync(byte[] bytes)
        {
            await stream.Stream.WriteAsync(bytes, stream.Token);
            return true;
        }
    };

    private static BlockStep Step(int seed)
    {
        float[] input = [.. Enumerable.Range(0, 2 * ScriptedServer.Width).Select(i => (seed * 10) + (i / 8f))];
        return new BlockStep { Rows = 2, Input = input, Output = new float[input.Length] };
    }

    private static async Task StepAsync(IBlockSession session, int seed)
    {
        BlockStep step = Step(seed);
        await session.StepAsync(step, CancellationToken.None);
        if (step.Output.Span.ContainsAnyExcept(0))
        {
            Assert.Equal(ScriptedServer.Compute([.. step.Input.Span]), step.Output.ToArray());
        }
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        while (!condition())
        {
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System);
        }
    }

    private async Task<IBlockSession> OpenAsync()
    {
        RemoteSpan span = await RemoteSpan.ConnectAsync(_clientHost, _serverHost.Id, "somewhere", _clock, CancellationToken.None);
        return await span.OpenAsync(new BlockSessionOptions(ScriptedServer.Range, 100), CancellationToken.None);
    }

    /// <summary>Lets waits pass in which the server is asked whether it is there, and says so.</summary>
    private async Task PassAsync(params double[] waits)
    {
        for (int i = 0; i < waits.Length; i++)
        {
            TimeSpan next = TimeSpan.FromSeconds(i + 1 < waits.Length ? waits[i + 1] : StepWatch.LeastLimit.TotalSeconds - waits.Sum());
            _clock.Advance(TimeSpan.FromSeconds(waits[i]));
            await UntilAsync(() => _clock.HasTimerIn(next) && _clock.PendingTimers == 1);
        }
    }
}
