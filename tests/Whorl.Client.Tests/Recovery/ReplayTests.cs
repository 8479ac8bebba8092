using Whorl.Client.Recovery;
using Whorl.Generation;
using Whorl.Models;
using Whorl.Protocol;

namespace Whorl.Client.Tests.Recovery;

/// <summary>Servers die at every moment of a short text, in every kind of family: the logits are those of the undisturbed text, bit for bit.</summary>
public sealed class ReplayTests
{
    private static readonly int[] Prompt = [5, 80, 33, 2, 101];

    /// <summary>Attention, a window, experts, a recurrence, both, and one whose rows carry a side value.</summary>
    public static TheoryData<string> Kinds => ["llama2", "mistral_window", "mixtral", "mamba", "jamba", "zamba2", "rwkv7", "llama_dynamic_ntk"];

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Any_server_killed_at_any_step_is_replaced_by_another_holder(string kind)
    {
        using TinyModel model = new(kind);
        List<float[]> expected = await WriteAsync(model, model.Hold(model.All));
        IReadOnlyList<BlockRange> parts = BlockRange.Split(model.All.Count, 2);
        for (int part = 0; part < parts.Count; part++)
        {
            for (int step = 1; step <= expected.Count; step++)
            {
                foreach (bool isComputed in (bool[])[false, true])
                {
                    MortalSpan[] first = [.. parts.Select(range => new MortalSpan(model.Hold(range)))], second = [.. parts.Select(range => new MortalSpan(model.Hold(range)))];
                    Dies(first[part], step, isComputed);
                    await using CausalSession session = await OpenAsync(model, SpanChain.Cover([.. first, .. second], model.All));

                    AssertEqual(expected, await WriteAsync(session, model));

                    SessionRecovery recovery = Assert.Single(session.Recoveries);
                    int replayed = step == 1 ? 0 : Prompt.Length + step - 2;
                    Assert.Equal((RecoveryKind.Replace, parts[part], replayed), (recovery.Kind, recovery.Range, recovery.ReplayedTokens));
                    Assert.Equal(1, first[1 - part].Opened); // the other part was not touched
                    Assert.Equal(expected.Count, first[1 - part].Steps);
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task The_only_holder_of_a_block_is_waited_for_and_computes_its_tokens_again(string kind)
    {
        using TinyModel model = new(kind);
        List<float[]> expected = await WriteAsync(model, model.Hold(model.All));
        for (int step = 1; step <= expected.Count; step++)
        {
            MortalSpan only = new(model.Hold(model.All));
            Dies(only, step, isComputed: step % 2 == 0);
            List<string> told = [];
            SpanChain chain = Cover(new RecoveryOptions { Waiting = line => (told, _) = ([.. told, line], Revive(only)) }, model, only);
            await using CausalSession session = await OpenAsync(model, chain);

            AssertEqual(expected, await WriteAsync(session, model));

            Assert.StartsWith($"nobody holds blocks {model.All} at present; waiting until ", Assert.Single(told), StringComparison.Ordinal);
            Assert.Equal(RecoveryKind.Reopen, Assert.Single(session.Recoveries).Kind);
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Open_scratch_tokens_are_computed_again_with_what_is_committed(string kind)
    {
        using TinyModel model = new(kind);
        List<float[]> expected = await WriteTreeAsync(model, new MortalSpan(model.Hold(model.All)));
        for (int step = 1; step <= expected.Count; step++)
        {
            foreach (bool isComputed in (bool[])[false, true])
            {
                MortalSpan first = new(model.Hold(model.All)), second = new(model.Hold(model.All));
                Dies(first, step, isComputed);
                AssertEqual(expected, await WriteTreeAsync(model, Cover(new RecoveryOptions(), model, first, second)));
                Assert.True(second.Steps > 0);
            }
        }
    }

    [Fact]
    public async Task A_span_is_replaced_by_several_that_hold_parts_of_it_and_each_can_be_replaced_in_turn()
    {
        using TinyModel model = new("jamba");
        List<float[]> expected = await WriteAsync(model, model.Hold(model.All));
        MortalSpan whole = new(model.Hold(model.All)), left = new(model.Hold(new BlockRange(0, 1))), right = new(model.Hold(new BlockRange(2, 3)));
        MortalSpan otherRight = new(model.Hold(new BlockRange(1, 3)));
        Dies(whole, 3, isComputed: true);
        Dies(right, 3, isComputed: true);
        SpanChain chain = Cover(new RecoveryOptions(), model, whole, left, right, otherRight);
        await using CausalSession session = await OpenAsync(model, chain);

        AssertEqual(expected, await WriteAsync(session, model));

        Assert.Equal(model.All, session.Recoveries[0].Range);
        Assert.True(session.Holders.Count >= 2);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_replacement_that_dies_in_the_replay_or_right_after_is_replaced_in_turn(int answers)
    {
        using TinyModel model = new("llama3");
        List<float[]> expected = await WriteAsync(model, model.Hold(model.All));
        MortalSpan first = new(model.Hold(model.All)), second = new(model.Hold(model.All)), third = new(model.Hold(model.All));
        Dies(first, 4, isComputed: false);
        Dies(second, answers, isComputed: true);
        await using CausalSession session = await OpenAsync(model, Cover(new RecoveryOptions(), model, first, second, third));

        AssertEqual(expected, await WriteAsync(session, model));

        Assert.Equal(answers, session.Recoveries.Count);
        Assert.Equal((0, 0, 1), (first.Open, second.Open, third.Open));
    }

    [Fact]
    public async Task A_server_may_die_at_every_single_step()
    {
        using TinyModel model = new("mamba");
        List<float[]> expected = await WriteAsync(model, model.Hold(model.All));
        MortalSpan[] holders = [new(model.Hold(model.All)), new(model.Hold(model.All))];
        int dead = -1;
        foreach (MortalSpan holder in holders)
        {
            // Whoever has replayed and answered one step dies at the next one; the other has come back by then.
            int answered = 0;
            holder.KillBefore = (_, step) =>
            {
                bool dies = step.Rows == 1 && answered++ == 1;
                if (dies)
                {
                    holders.Single(other => other != holder).Restart();
                    (answered, dead) = (0, dead + 1);
                }

                return dies;
            };
        }

        await using CausalSession session = await OpenAsync(model, Cover(new RecoveryOptions(), model, holders));
        AssertEqual(expected, await WriteAsync(session, model));
        Assert.True(session.Recoveries.Count >= 3);
    }

    [Fact]
    public async Task This_process_takes_a_part_that_nobody_else_holds_where_it_may()
    {
        using TinyModel model = new("llama3");
        List<float[]> expected = await WriteAsync(model, model.Hold(model.All));
        BlockRange end = new(1, model.All.Last);
        MortalSpan left = new(model.Hold(new BlockRange(0, 0))), right = new(model.Hold(end));
        Dies(right, 3, isComputed: false);
        List<BlockRange> loaded = [];
        RecoveryOptions options = new()
        {
            LoadHere = (range, _) =>
            {
                loaded.Add(range);
                return Task.FromResult<IBlockSpan?>(model.Hold(range));
            },
        };
        await using CausalSession session = await OpenAsync(model, Cover(options, model, left, right));

        AssertEqual(expected, await WriteAsync(session, model));

        Assert.Equal([end], loaded);
        Assert.Equal(RecoveryKind.Local, Assert.Single(session.Recoveries).Kind);
    }

    [Fact]
    public async Task Where_nobody_comes_in_time_the_session_is_lost_and_says_for_whom_it_waited()
    {
        using TinyModel model = new("llama3");
        MortalSpan only = new(model.Hold(model.All));
        await using CausalSession session = await OpenAsync(model, Cover(new RecoveryOptions { Wait = TimeSpan.FromSeconds(0.3) }, model, only));
        await StepAsync(session, model, Prompt);
        only.Kill();

        SessionLostException lost = await Assert.ThrowsAsync<SessionLostException>(() => StepAsync(session, model, [1]));

        Assert.Contains($"nobody came within 0.3 s who computes blocks {model.All}: connection refused", lost.Message, StringComparison.Ordinal);
        only.Restart();
        await Assert.ThrowsAsync<SessionLostException>(() => StepAsync(session, model, [1]));
    }

    [Fact]
    public async Task Whoever_gives_up_waiting_is_let_go_at_once()
    {
        using TinyModel model = new("llama3");
        MortalSpan only = new(model.Hold(model.All));
        using CancellationTokenSource stop = new();
        await using CausalSession session = await OpenAsync(model, Cover(new RecoveryOptions { Waiting = _ => stop.Cancel() }, model, only));
        await StepAsync(session, model, Prompt);
        only.Kill();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => StepAsync(session, model, [1], stop.Token));
    }

    [Fact]
    public async Task A_server_that_lies_is_left_and_not_asked_again_in_the_session()
    {
        using TinyModel model = new("llama3");
        List<float[]> expected = await WriteAsync(model, model.Hold(model.All));
        MortalSpan liar = new(model.Hold(model.All)), honest = new(model.Hold(model.All));
        liar.KillBefore = (number, _) => number == 3 ? throw new BadAnswerException("liar", model.All, "nonsense") : false;
        Dies(honest, 2, isComputed: false);
        RecoveryOptions options = new() { Waiting = _ => honest.Restart() };
        await using CausalSession session = await OpenAsync(model, Cover(options, model, liar, honest));

        AssertEqual(expected, await WriteAsync(session, model));

        Assert.Equal((1, 2), (liar.Opened, honest.Opened));
    }

    [Fact]
    public async Task A_server_that_refuses_a_step_which_another_one_takes_is_left()
    {
        using TinyModel model = new("llama3");
        List<float[]> expected = await WriteAsync(model, model.Hold(model.All));
        MortalSpan refusing = new(model.Hold(model.All)), other = new(model.Hold(model.All));
        refusing.KillBefore = (number, _) => number == 4 && Refuse(model);
        await using CausalSession session = await OpenAsync(model, Cover(new RecoveryOptions(), model, refusing, other));

        AssertEqual(expected, await WriteAsync(session, model));

        Assert.Equal(RecoveryKind.Replace, Assert.Single(session.Recoveries).Kind);
        Assert.Equal((0, 1), (refusing.Open, other.Open));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_step_that_every_holder_refuses_ends_with_their_words_and_the_session_goes_on(int holders)
    {
        using TinyModel model = new("llama3");
        List<float[]> expected = await WriteAsync(model, model.Hold(model.All));
        MortalSpan[] spans = [.. Enumerable.Range(0, holders).Select(_ => new MortalSpan(model.Hold(model.All)))];
        foreach (MortalSpan span in spans)
        {
            span.KillBefore = (_, step) => step.Rows == 2 && Refuse(model);
        }

        List<BlockRange> loaded = [];
        RecoveryOptions options = new()
        {
            LoadHere = (range, _) =>
            {
                loaded.Add(range);
                return Task.FromResult<IBlockSpan?>(null);
            },
        };
        await using CausalSession session = await OpenAsync(model, Cover(options, model, spans));
        Assert.Equal(expected[0], await StepAsync(session, model, Prompt));

        SpanRefusedException error = await Assert.ThrowsAsync<SpanRefusedException>(() => StepAsync(session, model, [1, 2]));

        Assert.Contains("it does not fit", error.Message, StringComparison.Ordinal);
        Assert.Equal(expected[1], await StepAsync(session, model, [Array.IndexOf(expected[0], expected[0].Max())]));
        Assert.Equal(1, spans.Sum(span => span.Open));
        Assert.Empty(loaded);
    }

    [Fact]
    public async Task Deep_prompts_are_added_again_where_they_were()
    {
        using TinyModel model = new("llama3");
        List<float[]> expected = await WriteDeepAsync(model, model.Hold(model.All));
        BlockRange left = new(0, 0), right = new(1, model.All.Last);
        for (int step = 1; step <= expected.Count; step++)
        {
            MortalSpan whole = new(model.Hold(model.All)), a = new(model.Hold(left)), b = new(model.Hold(right));
            Dies(whole, step, isComputed: true);
            AssertEqual(expected, await WriteDeepAsync(model, Cover(new RecoveryOptions(), model, whole, a, b)));
            Assert.True(b.Steps > 0);
        }
    }

    [Fact]
    public async Task Sessions_side_by_side_recover_each_on_its_own()
    {
        using TinyModel model = new("mixtral");
        List<float[]> expected = await WriteAsync(model, model.Hold(model.All));
        MortalSpan first = new(model.Hold(model.All)), second = new(model.Hold(model.All));
        SpanChain chain = Cover(new RecoveryOptions(), model, first, second);
        Dies(first, 7, isComputed: true);
        List<float[]>[] written = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => WriteAsync(model, chain)));
        Assert.All(written, one => AssertEqual(expected, one));
        Assert.Equal((0, 0), (first.Open, second.Open));
    }

    private static bool Refuse(TinyModel model) =>
        throw new SpanRefusedException("refusing", model.All, SpanFailureCode.BadRequest, "it does not fit");

    private static bool Revive(MortalSpan span)
    {
        span.Restart();
        return true;
    }

    private static void Dies(MortalSpan span, int step, bool isComputed)
    {
        if (isComputed)
        {
            span.KillAfter = (number, _) => number == step;
        }
        else
        {
            span.KillBefore = (number, _) => number == step;
        }
    }

    private static SpanChain Cover(RecoveryOptions options, TinyModel model, params MortalSpan[] spans) => SpanChain.Cover(spans, model.All, options);

    private static ValueTask<CausalSession> OpenAsync(TinyModel model, IBlockSpan span) => model.Over(span).OpenSessionAsync(32, 0, CancellationToken.None);

    private static async Task<List<float[]>> WriteAsync(TinyModel model, IBlockSpan span)
    {
        await using CausalSession session = await OpenAsync(model, span);
        return await WriteAsync(session, model);
    }

    /// <summary>A prompt and six tokens, the likeliest each time: the logits of every step.</summary>
    private static async Task<List<float[]>> WriteAsync(CausalSession session, TinyModel model)
    {
        List<float[]> logits = [];
        int[] ids = Prompt;
        while (logits.Count < 7)
        {
            logits.Add(await StepAsync(session, model, ids));
            ids = [Array.IndexOf(logits[^1], logits[^1].Max())];
        }

        return logits;
    }

    private static async Task<float[]> StepAsync(CausalSession session, TinyModel model, int[] ids, CancellationToken token = default)
    {
        float[] logits = new float[model.Ends.VocabularySize];
        await session.StepAsync(new CausalStep { Ids = ids, Logits = logits }, token);
        return logits;
    }

    /// <summary>A prompt, a tree in two steps, a verdict that keeps a path and goes on, another tree that is forgotten.</summary>
    private static async Task<List<float[]>> WriteTreeAsync(TinyModel model, IBlockSpan span)
    {
        await using CausalSession session = await model.Over(span).OpenSessionAsync(32, 5, CancellationToken.None);
        List<float[]> logits = [];
        await StepAsync(new CausalStep { Ids = Prompt }, 1);
        await StepAsync(new CausalStep { Ids = new[] { 7, 21, 90 }, IsScratch = true, Parents = new[] { -1, 0, 0 } }, 3);
        await StepAsync(new CausalStep { Ids = new[] { 140, 11 }, IsScratch = true, Parents = new[] { 2, -1 } }, 2);
        session.Settle([0, 2, 3]);
        await StepAsync(new CausalStep { Ids = new[] { 64, 3 } }, 2);
        await StepAsync(new CausalStep { Ids = new[] { 9, 8 }, IsScratch = true, Parents = new[] { -1, 0 } }, 2);
        session.Settle([]);
        await StepAsync(new CausalStep { Ids = new[] { 64 } }, 1);
        return logits;

        async Task StepAsync(CausalStep step, int rows)
        {
            step.Logits = new float[rows * model.Ends.VocabularySize];
            await session.StepAsync(step, CancellationToken.None);
            logits.Add(step.Logits.ToArray());
        }
    }

    /// <summary>Hidden states with deep prompts in several steps, one of them scratch and partly kept.</summary>
    private static async Task<List<float[]>> WriteDeepAsync(TinyModel model, IBlockSpan span)
    {
        int width = model.Ends.BoundarySize;
        Random random = new(5);
        List<float[]> outputs = [];
        await using IBlockSession session = await span.OpenAsync(new BlockSessionOptions(model.All, 32, 4), CancellationToken.None);
        await StepAsync(new BlockStep { Rows = 4, PromptRows = 2 });
        await StepAsync(new BlockStep { Rows = 2 });
        await StepAsync(new BlockStep { Rows = 3, PromptRows = 2, IsScratch = true, Parents = new[] { -1, 0, 1 } });
        await StepAsync(new BlockStep { Rows = 1, HasVerdict = true, Keep = new[] { 0, 1 } });
        await StepAsync(new BlockStep { Rows = 2, PromptRows = 1 });
        await StepAsync(new BlockStep { Rows = 1 });
        return outputs;

        async Task StepAsync(BlockStep step)
        {
            step.Input = Noise(step.Rows * width);
            step.Prompts = Noise(model.All.Count * step.PromptRows * width);
            float[] output = new float[step.Rows * width];
            step.Output = output;
            await session.StepAsync(step, CancellationToken.None);
            outputs.Add(output);
        }

        float[] Noise(int length) => [.. Enumerable.Range(0, length).Select(_ => (float)((random.NextDouble() * 2) - 1))];
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
