using Whorl.Models;

namespace Whorl.Server.Tests;

/// <summary>Which steps are computed with which, and that nothing of it changes a byte or is forgotten.</summary>
public sealed class StepSchedulerTests
{
    [Fact]
    public async Task A_long_step_in_slices_gives_the_bytes_of_one_pass_and_of_single_tokens()
    {
        using Hosted hosted = new(threads: 1);
        BlockStep whole = hosted.Step(700, 3);
        using (SessionCache cache = hosted.Blocks.Open(new BlockSessionOptions(hosted.Span.Range, 700)))
        {
            hosted.Blocks.Forward([cache], [whole]);
        }

        Assert.Equal(whole.Output.ToArray(), await hosted.ComputeAsync(hosted.Span, (700, 3))); // sliced by the time that a row takes
    }

    [Fact]
    public async Task A_pass_has_no_more_rows_than_there_is_memory_for_and_deep_prompts_are_cut_with_it()
    {
        SessionLimits limits = new() { PassBytes = 256 << 10 };
        using Hosted hosted = new(threads: 1, limits: limits);
        int blocks = hosted.Span.Range.Count, width = hosted.Span.BoundarySize;
        BlockStep whole = Prompted(), sliced = Prompted();
        BlockSessionOptions options = new(hosted.Span.Range, 700);
        await hosted.ComputeAsync(hosted.Span, (700, 1)); // it is known what a row takes
        Assert.InRange(hosted.Span.Scheduler.RowsOfPass, StepScheduler.DecodeRows, 100);
        await using (HostedSession session = hosted.Span.Open(options))
        {
            await session.StepAsync(sliced, CancellationToken.None);
            Assert.InRange(hosted.Blocks.Memory.WorkspaceUsed, 1, 2 * limits.PassBytes);
        }

        using SessionCache cache = hosted.Blocks.Open(options);
        hosted.Blocks.Forward([cache], [whole]);
        Assert.Equal(whole.Output.ToArray(), sliced.Output.ToArray());

        BlockStep Prompted()
        {
            BlockStep step = hosted.Step(700, 2);
            (step.PromptRows, step.Prompts) = (600, hosted.Step(blocks * 600, 3).Input);
            Assert.Equal(blocks * 600 * width, step.Prompts.Length);
            return step;
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Every_block_s_output_and_trees_are_the_same_in_slices(bool isScratch)
    {
        using Hosted hosted = new(threads: 1);
        const int Rows = 150;
        BlockSessionOptions options = new(hosted.Span.Range, 400, Rows);
        BlockStep first = hosted.Step(5, 1), whole = Every(), sliced = Every();
        using (SessionCache cache = hosted.Blocks.Open(options))
        {
            hosted.Blocks.Forward([cache], [first]);
            hosted.Blocks.Forward([cache], [whole]);
        }

        await using HostedSession session = hosted.Span.Open(options);
        await session.StepAsync(hosted.Step(5, 1), CancellationToken.None);
        await session.StepAsync(sliced, CancellationToken.None);
        Assert.Equal(whole.Output.ToArray(), sliced.Output.ToArray());

        BlockStep Every()
        {
            BlockStep step = hosted.Step(Rows, 2);
            (step.EveryBlock, step.IsScratch) = (true, isScratch);
            step.Parents = isScratch ? Enumerable.Range(0, Rows).Select(i => i % 3 == 0 ? i - 1 : (i / 3) - 1).ToArray() : default;
            step.Output = new float[step.OutputLength(hosted.Span.Range.Count, hosted.Span.BoundarySize)];
            return step;
        }
    }

    [Fact]
    public async Task Sessions_on_unlike_blocks_share_a_pass_and_get_each_the_bytes_it_gets_alone()
    {
        using Hosted hosted = new(threads: 1);
        BlockRange[] ranges = [new(1, 3), new(2, 3), new(3, 3), new(1, 1), new(2, 2), new(1, 2)];
        BlockStep[] alone = [.. ranges.Select((range, i) => Step(range, i))], together = [.. ranges.Select((range, i) => Step(range, i))];
        for (int i = 0; i < ranges.Length; i++)
        {
            using SessionCache cache = await CacheAsync(ranges[i], i);
            hosted.Blocks.Forward([cache], [alone[i]]);
        }

        SessionCache[] caches = await Task.WhenAll(ranges.Select(CacheAsync));
        hosted.Blocks.Forward(caches, together);
        Assert.Equal(alone.Select(step => step.Output.ToArray()), together.Select(step => step.Output.ToArray()));
        Assert.All(caches, (cache, i) => Assert.Equal(together[i].IsScratch ? 3 : 3 + together[i].Rows, cache.Committed));
        Array.ForEach(caches, cache => cache.Dispose());

        Task<SessionCache> CacheAsync(BlockRange range, int seed)
        {
            SessionCache cache = hosted.Blocks.Open(new BlockSessionOptions(range, 20, 8));
            hosted.Blocks.Forward([cache], [hosted.Step(3, 50 + seed)]);
            return Task.FromResult(cache);
        }

        BlockStep Step(BlockRange range, int seed)
        {
            BlockStep step = hosted.Step(2 + seed, seed);
            (step.EveryBlock, step.IsScratch) = (seed % 2 == 1, seed % 3 == 2);
            step.Parents = step.IsScratch ? Enumerable.Range(0, step.Rows).Select(i => (i / 2) - 1).ToArray() : default;
            step.PromptRows = seed == 1 ? 2 : 0;
            step.Prompts = hosted.Step(range.Count * step.PromptRows, 90).Input;
            step.Output = new float[step.OutputLength(range.Count, hosted.Span.BoundarySize)];
            return step;
        }
    }

    [Fact]
    public async Task A_pass_between_two_blocks_of_another_changes_neither()
    {
        using Hosted hosted = new(threads: 1);
        float[] outer = await hosted.ComputeAsync(hosted.Span, (40, 1)), inner = await hosted.ComputeAsync(hosted.Span, (2, 2), (1, 3));
        using SessionCache one = hosted.Blocks.Open(new BlockSessionOptions(hosted.Span.Range, 40)), other = hosted.Blocks.Open(new BlockSessionOptions(hosted.Span.Range, 4));
        BlockStep whole = hosted.Step(40, 1);
        Queue<BlockStep> between = new([hosted.Step(2, 2), hosted.Step(1, 3)]);
        List<float> given = [];
        hosted.Blocks.Forward([one], [whole], () =>
        {
            BlockStep step = between.Dequeue();
            hosted.Blocks.Forward([other], [step]);
            given.AddRange(step.Output.ToArray());
        });
        Assert.Equal(outer, whole.Output.ToArray());
        Assert.Equal(inner, given);
    }

    [Fact]
    public async Task A_short_step_that_comes_during_a_long_pass_is_computed_before_that_is_over()
    {
        using Hosted hosted = new(threads: 1);
        await using HostedSession stranger = hosted.Span.Open(new BlockSessionOptions(hosted.Span.Range, 2000)), session = hosted.Span.Open(new BlockSessionOptions(hosted.Span.Range, 40));
        Task prefill = stranger.StepAsync(hosted.Step(2000, 1), CancellationToken.None).AsTask();
        for (int i = 0; i < 20; i++)
        {
            await session.StepAsync(hosted.Step(1, i), CancellationToken.None);
        }

        Assert.True(stranger.Cache.Committed < 2000); // it still has its rows before it
        await prefill;
        float[] expected = await hosted.ComputeAsync(hosted.Span, [.. Enumerable.Range(0, 20).Select(i => (1, i)), (1, 99)]);
        BlockStep last = hosted.Step(1, 99);
        await session.StepAsync(last, CancellationToken.None);
        Assert.Equal(expected[^last.Output.Length..], last.Output.ToArray());
    }

    /// <summary>Many sessions step, give up and close in an order that a seed shuffles: every step ends, and what it gives is what it gives alone.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task No_step_is_forgotten_whatever_the_schedule(int seed)
    {
        using Hosted hosted = new(threads: 1);
        int[] rows = [1, 3, 20, 1, 60, 2];
        BlockRange[] ranges = [new(1, 3), new(1, 3), new(2, 3), new(1, 2), new(3, 3)];
        Dictionary<int, float[]> alone = [];
        for (int i = 0; i < 8; i++)
        {
            alone[i] = await hosted.ComputeAsync(hosted.Span, ranges[i % ranges.Length], [.. rows.Select((r, s) => (r, (10 * i) + s))]);
        }

        using CancellationTokenSource limit = new(TimeSpan.FromMinutes(2));
        int whole = 0;
        await Task.WhenAll(Enumerable.Range(0, 8).Select(worker => Task.Run(() => WorkAsync(worker))));
        Assert.True(whole > 20);
        Assert.Equal((0, 0L), (hosted.Span.Scheduler.Waiting, hosted.Span.Budget.Taken));

        async Task WorkAsync(int worker)
        {
            Random random = new((100 * seed) + worker);
            for (int round = 0; round < 12; round++)
            {
                using CancellationTokenSource cancel = CancellationTokenSource.CreateLinkedTokenSource(limit.Token);
                int givenUp = random.Next(4) == 0 ? random.Next(rows.Length) : -1;
                await using HostedSession session = hosted.Span.Open(new BlockSessionOptions(ranges[worker % ranges.Length], rows.Sum()));
                List<float> output = [];
                try
                {
                    for (int s = 0; s < rows.Length; s++)
                    {
                        BlockStep step = hosted.Step(rows[s], (10 * worker) + s);
                        ValueTask computing = session.StepAsync(step, cancel.Token);
                        if (s == givenUp)
                        {
                            Task task = computing.AsTask();
                            await cancel.CancelAsync();
                            await task;
                            throw new OperationCanceledException();
                        }

                        await computing;
                        output.AddRange(step.Output.ToArray());
                    }
                }
                catch (OperationCanceledException) when (!limit.IsCancellationRequested)
                {
                    continue;
                }

                Assert.Equal(alone[worker], output);
                Interlocked.Increment(ref whole);
            }
        }
    }

    [Fact]
    public async Task A_session_is_freed_only_when_its_step_under_way_is_over()
    {
        using Hosted hosted = new(threads: 1);
        for (int round = 0; round < 5; round++)
        {
            HostedSession session = hosted.Span.Open(new BlockSessionOptions(hosted.Span.Range, 600));
            Task computing = session.StepAsync(hosted.Step(600, round), CancellationToken.None).AsTask();
            await session.DisposeAsync(); // the rest of the step is given up
            Assert.True(computing.IsCompleted || hosted.Span.Scheduler.Waiting == 0);
            await Task.WhenAny(computing);
            await session.DisposeAsync();
            await Assert.ThrowsAnyAsync<Exception>(async () => await session.StepAsync(hosted.Step(1, 1), CancellationToken.None));
        }

        Assert.Equal(0, hosted.Span.Budget.Taken);
    }

    [Fact]
    public async Task A_waiting_step_that_is_given_up_is_not_computed()
    {
        using Hosted hosted = new(threads: 1);
        await using HostedSession other = hosted.Span.Open(new BlockSessionOptions(hosted.Span.Range, 2000)), session = hosted.Span.Open(new BlockSessionOptions(hosted.Span.Range, 2000));
        Task busy = other.StepAsync(hosted.Step(2000, 1), CancellationToken.None).AsTask();
        using CancellationTokenSource cancel = new();
        Task waiting = session.StepAsync(hosted.Step(2000, 2), cancel.Token).AsTask();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        Assert.True(session.Cache.Committed < 2000);
        await busy;
        Assert.Equal(2000, other.Cache.Committed);
    }

    [Fact]
    public async Task A_step_that_says_where_it_begins_is_refused_by_a_session_that_is_elsewhere()
    {
        using Hosted hosted = new(threads: 1);
        await using HostedSession session = hosted.Span.Open(new BlockSessionOptions(hosted.Span.Range, 10, 2));
        await session.StepAsync(hosted.Step(2, 1), CancellationToken.None);
        BlockStep astray = hosted.Step(1, 2);
        astray.Position = 3;
        ArgumentException refused = await Assert.ThrowsAnyAsync<ArgumentException>(async () => await session.StepAsync(astray, CancellationToken.None));
        Assert.Contains("position 3", refused.Message, StringComparison.Ordinal);
        astray.Position = 2;
        await session.StepAsync(astray, CancellationToken.None);
    }

    [Fact]
    public async Task What_fails_in_company_is_computed_alone_and_only_its_own_step_fails()
    {
        using Hosted hosted = new(threads: 1);
        float[] expected = await hosted.ComputeAsync(hosted.Span, (2, 1));
        HostedSession[] sessions = [.. Enumerable.Range(0, 3).Select(_ => hosted.Span.Open(new BlockSessionOptions(hosted.Span.Range, 4)))];
        BlockStep[] steps = [hosted.Step(2, 1), hosted.Step(2, 1), hosted.Step(2, 1)];
        Task batch = hosted.Span.StepAsync(sessions, [steps[0], new BrokenStep(steps[1]).Step, steps[2]]);
        await Assert.ThrowsAnyAsync<Exception>(() => batch);
        Assert.Equal(expected, steps[0].Output.ToArray());
        Assert.Equal(expected, steps[2].Output.ToArray());
        Assert.Equal([2, 0, 2], sessions.Select(s => s.Cache.Committed));
        await sessions[1].StepAsync(steps[1], CancellationToken.None); // nothing of it was done
        Assert.Equal(expected, steps[1].Output.ToArray());
        foreach (HostedSession session in sessions)
        {
            await session.DisposeAsync();
        }
    }

    /// <summary>A step whose output cannot be written: its memory is taken away between the check and the computing.</summary>
    private sealed class BrokenStep : System.Buffers.MemoryManager<float>
    {
        private readonly int _length;

        public BrokenStep(BlockStep step)
        {
            _length = step.Output.Length;
            Step = new BlockStep { Rows = step.Rows, Input = step.Input, Output = Memory[.._length] };
        }

        public BlockStep Step { get; }

        public override Memory<float> Memory => CreateMemory(_length);

        public override Span<float> GetSpan() => throw new ObjectDisposedException("the output");

        public override System.Buffers.MemoryHandle Pin(int elementIndex = 0) => throw new NotSupportedException();

        public override void Unpin()
        {
        }

        protected override void Dispose(bool disposing)
        {
        }
    }
}
