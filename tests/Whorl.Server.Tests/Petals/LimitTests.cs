using Whorl.Models;
using Whorl.P2P;
using Whorl.Protocol.Info;
using Whorl.Protocol.Messages;
using Whorl.Protocol.Metadata;
using Whorl.Protocol.Rpc;
using Whorl.Protocol.Tensors;
using Whorl.Server.Petals;
using Whorl.Testing;
using Whorl.Testing.Petals;

namespace Whorl.Server.Tests.Petals;

/// <summary>How long clients may wait, be silent and stay, and how much they may ask for, on a clock that only the test moves.</summary>
public sealed class LimitTests : IAsyncLifetime, IDisposable
{
    private const string Info = "TransformerConnectionHandler.rpc_info";
    private const string Inference = "TransformerConnectionHandler.rpc_inference";
    private const string ForwardStream = "TransformerConnectionHandler.rpc_forward_stream";
    private const int Length = 64;

    private readonly ManualTimeProvider _clock = new();
    private readonly CancellationTokenSource _limit = new(TimeSpan.FromMinutes(2));
    private ReplaySwarm? _swarm;
    private RpcClient? _client;

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        if (_swarm is not null)
        {
            await _swarm.DisposeAsync(); // which also sees that no cache memory is still taken
        }
    }

    public void Dispose() => _limit.Dispose();

    [Fact]
    public async Task A_session_gets_the_memory_that_another_gives_back_while_it_waits()
    {
        Start(sessions: 1);
        RpcCall first = await OpenAsync();
        await StepAsync(first, Step(1, Metadata()));
        await using RpcCall second = await OpenAsync();
        Task<ReadOnlyMemory<byte>?> waiting = SendAsync(second, Step(1, Metadata() with { AllocationTimeout = 10 }));
        await TimerAsync(TimeSpan.FromSeconds(10));

        Assert.False(waiting.IsCompleted);
        await first.DisposeAsync();

        Assert.NotNull(await waiting);
    }

    [Fact]
    public async Task Memory_that_a_session_of_another_protocol_gives_back_serves_as_well()
    {
        Start(sessions: 1);
        HostedSession other = _swarm![0].Open(new BlockSessionOptions(new BlockRange(0, 1), Length));
        await using RpcCall call = await OpenAsync();
        Task<ReadOnlyMemory<byte>?> waiting = SendAsync(call, Step(1, Metadata() with { AllocationTimeout = 10 }));
        await TimerAsync(TimeSpan.FromSeconds(10));
        Assert.False(waiting.IsCompleted);

        await other.DisposeAsync();

        Assert.NotNull(await waiting);
    }

    [Theory]
    [InlineData(10, 10)]
    [InlineData(100_000, 600)] // no client makes the server wait for longer
    public async Task A_session_that_waits_for_memory_in_vain_is_refused_when_its_time_is_over(double asked, int waited)
    {
        Start(sessions: 1);
        await using RpcCall first = await OpenAsync();
        await StepAsync(first, Step(1, Metadata()));
        await using RpcCall second = await OpenAsync();
        Task<ReadOnlyMemory<byte>?> waiting = SendAsync(second, Step(1, Metadata() with { AllocationTimeout = asked }));
        await TimerAsync(TimeSpan.FromSeconds(waited));
        _clock.Advance(TimeSpan.FromSeconds(Math.Min(waited, 280) - 1)); // less than the first session's next step may take
        for (int left = waited - Math.Min(waited, 280); left > 0; left -= 80)
        {
            await StepAsync(first, Step(0, new RequestMetadata()));
            await TimersAsync(4);
            _clock.Advance(TimeSpan.FromSeconds(80));
        }

        Assert.False(waiting.IsCompleted);
        _clock.Advance(TimeSpan.FromSeconds(1));

        string error = (await Assert.ThrowsAsync<RpcErrorException>(() => waiting)).Message;
        Assert.Matches($"^Could not allocate [0-9]+ bytes within {waited} seconds: out of memory$", error);
    }

    [Theory]
    [InlineData(1, 100)]
    [InlineData(3, 50)]
    [InlineData(2, 0)]
    public async Task The_free_tokens_that_are_told_fall_by_exactly_what_open_sessions_asked_for(int batch, int maxLength)
    {
        Start(sessions: 8);
        long before = await FreeTokensAsync();
        RpcCall call = await OpenAsync();
        await StepAsync(call, Step(0, new RequestMetadata { MaxLength = maxLength }, batch));

        Assert.Equal(before - ((long)batch * maxLength * 2), await FreeTokensAsync()); // 2 blocks

        await call.DisposeAsync();
        while (await FreeTokensAsync() != before)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System, _limit.Token);
        }
    }

    [Fact]
    public async Task An_idle_session_of_a_peer_beyond_its_due_is_told_that_others_needed_its_memory()
    {
        Start(sessions: 8);
        await using RpcCall call = await OpenAsync();
        await StepAsync(call, Step(1, Metadata(), batch: 7));
        Task<ReadOnlyMemory<byte>?> next = call.ReceiveAsync(_limit.Token).AsTask();
        BlockSessionOptions options = new(new BlockRange(0, 1), Length + 16);
        PeerId other = ReplaySwarm.ServerA; // anybody but the client
        await Assert.ThrowsAsync<MemoryBudgetException>(async () => await _swarm![0].OpenAsync(options, other, null, _limit.Token)); // it is not idle
        await TimersAsync(2);
        _clock.Advance(TimeSpan.FromSeconds(10));

        await using HostedSession opened = await _swarm![0].OpenAsync(options, other, null, _limit.Token);

        string error = (await Assert.ThrowsAsync<RpcErrorException>(() => next)).Message;
        Assert.StartsWith("the session was idle and others needed its memory", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_session_without_steps_is_told_so_and_ended()
    {
        Start(sessions: 1);
        await using RpcCall call = await OpenAsync();
        await StepAsync(call, Step(1, Metadata()));
        Task<ReadOnlyMemory<byte>?> next = call.ReceiveAsync(_limit.Token).AsTask();
        await TimersAsync(2);
        _clock.Advance(TimeSpan.FromSeconds(299));
        Assert.False(next.IsCompleted);
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.StartsWith("no step came within 300 s", (await Assert.ThrowsAsync<RpcErrorException>(() => next)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stream_without_a_first_step_is_ended_as_well()
    {
        Start(sessions: 1);
        await using RpcCall call = await OpenAsync();
        await TimersAsync(2);
        _clock.Advance(TimeSpan.FromMinutes(5));
        await Assert.ThrowsAsync<RpcErrorException>(async () => await call.ReceiveAsync(_limit.Token));
    }

    [Fact]
    public async Task A_session_ends_after_half_an_hour_however_busy_it_is()
    {
        Start(sessions: 1);
        await using RpcCall call = await OpenAsync();
        await StepAsync(call, Step(1, Metadata()));
        for (int minutes = 4; minutes <= 28; minutes += 4)
        {
            await TimersAsync(2);
            _clock.Advance(TimeSpan.FromMinutes(4));
            await StepAsync(call, Step(1, new RequestMetadata()));
        }

        await TimersAsync(2);
        _clock.Advance(TimeSpan.FromMinutes(2));
        RpcErrorException error = await Assert.ThrowsAsync<RpcErrorException>(async () => await call.ReceiveAsync(_limit.Token));
        Assert.Equal("the call lasted longer than 1800 s", error.Message);
    }

    [Fact]
    public async Task A_forward_pass_whose_tensors_do_not_come_is_given_up_after_three_minutes()
    {
        Start(sessions: 1);
        await using RpcCall call = await _client!.OpenAsync(ReplaySwarm.ServerA, ForwardStream, TimeSpan.FromSeconds(5), _limit.Token);
        await call.SendAsync(Step(1, new RequestMetadata()).ToBytes(), _limit.Token);
        await TimersAsync(1);
        _clock.Advance(TimeSpan.FromMinutes(3));
        RpcErrorException error = await Assert.ThrowsAsync<RpcErrorException>(async () => await call.ReceiveAsync(_limit.Token));
        Assert.Equal("the call lasted longer than 180 s", error.Message);
    }

    [Fact]
    public async Task What_is_too_long_is_refused_in_the_recorded_words()
    {
        Start(sessions: 4);
        string tooMuch = RecordedText("inference_errors/max_length above the limit"), tooLong = RecordedText("inference_errors/longer than max_length");

        Assert.Equal(tooMuch.Replace("1000000", "9000", StringComparison.Ordinal), await RefusalAsync(Step(1, new RequestMetadata { MaxLength = 9000 })));
        Assert.Equal(tooLong, await RefusalAsync(Step(2, new RequestMetadata { MaxLength = MaxLengthOf(tooLong) })));
        await using RpcCall call = await OpenAsync();
        await StepAsync(call, Step(Length, Metadata()));
        RpcErrorException error = await Assert.ThrowsAsync<RpcErrorException>(() => SendAsync(call, Step(1, new RequestMetadata())));
        Assert.Equal($"Maximum length exceeded: prefix {Length} + current 1 exceeds pre-allocated maximum {Length}", error.Message);
    }

    [Theory]
    [InlineData(64, 8192)]
    [InlineData(4096, 8192)]
    [InlineData(14848, 2048)] // Falcon 180B
    public void The_longest_step_that_is_computed_fits_one_message(int boundarySize, int tokens)
    {
        long hidden = (long)tokens * boundarySize * sizeof(float);
        Assert.InRange(new SpanShape(boundarySize, Tensors.ElementType.F32, tokens).MaxStepBytes, hidden + MessageLimits.MaxMetadataBytes, 1 << 30);
    }

    [Fact]
    public async Task A_crowd_of_sequences_without_tokens_is_refused_before_it_takes_memory()
    {
        Start(sessions: 1);
        Assert.StartsWith("Task size greater than max_batch_size (8192)", await RefusalAsync(Step(0, Metadata(), batch: 8193)), StringComparison.Ordinal);
    }

    /// <summary>A server that has memory for so many sessions of <see cref="Length"/> tokens.</summary>
    private void Start(int sessions)
    {
        _swarm = new ReplaySwarm(ReplaySwarm.ModelPath("tiny-llama"));
        long bytes = 2L * Length * 2 * 2 * 16 * sizeof(float); // blocks, tokens, keys and values, heads of 16 values
        _swarm.Add(ReplaySwarm.ServerA, new BlockRange(0, 1), cacheBytes: sessions * bytes, time: _clock);
        _client = new RpcClient(_swarm.Client, _clock);
    }

    private async Task<long> FreeTokensAsync()
    {
        byte[] request = new ExpertUid("").ToBytes();
        ReadOnlyMemory<byte> answer = await _client!.CallAsync(ReplaySwarm.ServerA, Info, request, TimeSpan.FromSeconds(5), _limit.Token);
        return RpcInfo.Parse(ExpertInfo.Parse(answer.Span).SerializedInfo.Span).CacheTokensAvailable;
    }

    private Task<RpcCall> OpenAsync() => _client!.OpenAsync(ReplaySwarm.ServerA, Inference, TimeSpan.FromSeconds(5), _limit.Token);

    private async Task<ReadOnlyMemory<byte>?> SendAsync(RpcCall call, ExpertRequest step)
    {
        await call.SendAsync(step.ToBytes(), _limit.Token);
        return await call.ReceiveAsync(_limit.Token);
    }

    private async Task StepAsync(RpcCall call, ExpertRequest step) => Assert.NotNull(await SendAsync(call, step));

    private async Task<string> RefusalAsync(ExpertRequest step)
    {
        await using RpcCall call = await OpenAsync();
        return (await Assert.ThrowsAsync<RpcErrorException>(() => SendAsync(call, step))).Message;
    }

    /// <summary>Waits until the server waits for so long; a count of timers would take the wait for a step for that for memory.</summary>
    private async Task TimerAsync(TimeSpan time)
    {
        while (!_clock.HasTimerIn(time))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System, _limit.Token);
        }
    }

    /// <summary>Waits until the server waits: so many timers run.</summary>
    private async Task TimersAsync(int count)
    {
        while (_clock.PendingTimers != count)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System, _limit.Token);
        }
    }

    private static RequestMetadata Metadata() => new() { MaxLength = Length };

    private static ExpertRequest Step(int rows, RequestMetadata metadata, int batch = 1) => new(
        ModuleUid.Chain(ReplaySwarm.Prefix, 0, 2),
        [TensorCodec.Encode(WireArray.FromSingles(new float[batch * rows * 64], [batch, rows, 64])), TensorCodec.Encode(WireArray.FromSingles([], [0])), TensorCodec.Encode(WireArray.FromInt64s([], [0]))],
        metadata.ToBytes());

    private static string RecordedText(string scenario)
    {
        TranscriptCall call = Transcript.Load("v2.2.0").Of(scenario).Single();
        return call.Error![(call.Error!.IndexOf(call.Callee + ": ", StringComparison.Ordinal) + call.Callee.Length + 2)..];
    }

    private static int MaxLengthOf(string text) => int.Parse(text.Split(' ')[^1], System.Globalization.CultureInfo.InvariantCulture);
}
