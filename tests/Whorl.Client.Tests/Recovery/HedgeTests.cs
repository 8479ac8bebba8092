using Whorl.Client.Recovery;
using Whorl.Generation;
using Whorl.Models;
using Whorl.Testing;

namespace Whorl.Client.Tests.Recovery;

/// <summary>
/// A server that is slow, on a clock that only the test moves: another one is asked beside it, and whoever answers first is taken.
/// </summary>
public sealed class HedgeTests
{
    private static readonly int[] Prompt = [5, 80, 33, 2, 101];

    private readonly ManualTimeProvider _clock = new();

    public static TheoryData<string> Kinds => ["llama3", "mamba", "jamba"];

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_server_that_is_slow_beyond_its_own_measure_is_overtaken_by_another_one_and_no_byte_changes(string kind)
    {
        using TinyModel model = new(kind);
        List<float[]> expected = await WriteAsync(model, model.Hold(model.All));
        MortalSpan slow = new(model.Hold(model.All)), other = new(model.Hold(model.All));
        slow.HangBefore = number => number == 4;
        await using CausalSession session = await OpenAsync(model, slow, other);
        Task<List<float[]>> writing = WriteAsync(session, model);
        await PassPatienceAsync(slow);

        AssertEqual(expected, await writing);

        SessionRecovery recovery = Assert.Single(session.Recoveries);
        Assert.Equal((RecoveryKind.Hedge, Prompt.Length + 2), (recovery.Kind, recovery.ReplayedTokens));
        Assert.Equal(Hedge.LeastPatience, recovery.Pause);
        Assert.Equal((0, 1), (slow.Open, other.Open));
    }

    [Fact]
    public async Task A_slow_server_that_answers_first_is_kept_and_the_other_is_let_go()
    {
        using TinyModel model = new("llama3");
        List<float[]> expected = await WriteAsync(model, model.Hold(model.All));
        MortalSpan slow = new(model.Hold(model.All)), other = new(model.Hold(model.All));
        slow.HangBefore = number => number == 4;
        other.HangBefore = number => number == 1;
        await using CausalSession session = await OpenAsync(model, slow, other);
        Task<List<float[]>> writing = WriteAsync(session, model);
        await PassPatienceAsync(slow);
        await other.Hanging;
        slow.GoOn();

        AssertEqual(expected, await writing);

        Assert.Empty(session.Recoveries);
        Assert.Equal((1, 0), (slow.Open, other.Open));
    }

    [Fact]
    public async Task A_slow_server_that_dies_after_all_is_replaced_by_the_one_that_was_being_prepared()
    {
        using TinyModel model = new("llama3");
        List<float[]> expected = await WriteAsync(model, model.Hold(model.All));
        MortalSpan slow = new(model.Hold(model.All)), other = new(model.Hold(model.All));
        slow.HangBefore = number => number == 4;
        other.HangBefore = number => number == 1;
        await using CausalSession session = await OpenAsync(model, slow, other);
        Task<List<float[]>> writing = WriteAsync(session, model);
        await PassPatienceAsync(slow);
        await other.Hanging;
        slow.Kill();
        slow.GoOn();
        other.GoOn();

        AssertEqual(expected, await writing);

        Assert.Equal(RecoveryKind.Hedge, Assert.Single(session.Recoveries).Kind);
        Assert.Equal((1, 1), (other.Opened, other.Open));
    }

    [Fact]
    public async Task Another_one_that_fails_meanwhile_changes_nothing()
    {
        using TinyModel model = new("llama3");
        List<float[]> expected = await WriteAsync(model, model.Hold(model.All));
        MortalSpan slow = new(model.Hold(model.All)), other = new(model.Hold(model.All));
        slow.HangBefore = number => number == 4;
        TaskCompletionSource died = new();
        other.KillBefore = (_, _) => died.TrySetResult();
        await using CausalSession session = await OpenAsync(model, slow, other);
        Task<List<float[]>> writing = WriteAsync(session, model);
        await PassPatienceAsync(slow);
        await died.Task;
        slow.GoOn();

        AssertEqual(expected, await writing);

        Assert.Empty(session.Recoveries);
        Assert.Equal((1, 0), (slow.Open, other.Open));
    }

    [Fact]
    public async Task Where_nobody_else_holds_the_blocks_a_slow_server_is_waited_for()
    {
        using TinyModel model = new("llama3");
        List<float[]> expected = await WriteAsync(model, model.Hold(model.All));
        MortalSpan slow = new(model.Hold(model.All));
        slow.HangBefore = number => number == 4;
        await using CausalSession session = await OpenAsync(model, slow);
        Task<List<float[]>> writing = WriteAsync(session, model);
        await PassPatienceAsync(slow);
        slow.GoOn();

        AssertEqual(expected, await writing);

        Assert.Equal(1, slow.Opened);
    }

    [Fact]
    public async Task Of_a_session_s_first_step_nobody_knows_how_long_it_should_take()
    {
        using TinyModel model = new("llama3");
        MortalSpan slow = new(model.Hold(model.All)), other = new(model.Hold(model.All));
        slow.HangBefore = number => number == 1;
        await using CausalSession session = await OpenAsync(model, slow, other);
        Task<List<float[]>> writing = WriteAsync(session, model);
        await slow.Hanging;
        Assert.Equal(0, _clock.PendingTimers);
        slow.GoOn();
        await writing;
        Assert.Equal(0, other.Opened);
    }

    [Fact]
    public async Task Whoever_gives_up_meanwhile_is_let_go_and_nothing_stays_open()
    {
        using TinyModel model = new("llama3");
        MortalSpan slow = new(model.Hold(model.All)), other = new(model.Hold(model.All));
        slow.HangBefore = number => number == 4;
        other.HangBefore = number => number == 1;
        using CancellationTokenSource stop = new();
        CausalSession session = await OpenAsync(model, slow, other);
        Task<List<float[]>> writing = WriteAsync(session, model, stop.Token);
        await PassPatienceAsync(slow);
        await other.Hanging;
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => writing);
        await session.DisposeAsync();
        Assert.Equal((0, 0), (slow.Open, other.Open));
    }

    private async Task PassPatienceAsync(MortalSpan slow)
    {
        await slow.Hanging;
        Assert.True(_clock.HasTimerIn(Hedge.LeastPatience));
        _clock.Advance(Hedge.LeastPatience);
    }

    private ValueTask<CausalSession> OpenAsync(TinyModel model, params MortalSpan[] spans)
    {
        List<IBlockSpan> all = [.. spans];
        return OpenAsync(model, SpanChain.Cover(all, model.All, time: _clock));
    }

    private static ValueTask<CausalSession> OpenAsync(TinyModel model, IBlockSpan span) =>
        model.Over(span).OpenSessionAsync(32, 0, CancellationToken.None);

    private static async Task<List<float[]>> WriteAsync(TinyModel model, IBlockSpan span)
    {
        await using CausalSession session = await OpenAsync(model, span);
        return await WriteAsync(session, model);
    }

    private static async Task<List<float[]>> WriteAsync(
        CausalSession session, TinyModel model, CancellationToken cancellationToken = default)
    {
        List<float[]> logits = [];
        int[] ids = Prompt;
        while (logits.Count < 7)
        {
            float[] row = new float[model.Ends.VocabularySize];
            await session.StepAsync(new CausalStep { Ids = ids, Logits = row }, cancellationToken);
            logits.Add(row);
            ids = [Array.IndexOf(row, row.Max())];
        }

        return logits;
    }

    private static void AssertEqual(List<float[]> expected, List<float[]> actual)
    {
        Assert.Equal(expected.Count, actual.Count);
        for (int i = 0; i < expected.Count; i++)
        {
            Assert.True(expected[i].AsSpan().SequenceEqual(actual[i]), $"step {i + 1} differs");
        }
    }
}
