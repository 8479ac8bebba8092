using Whorl.Client;
using Whorl.Generation;
using Whorl.Models;
using Whorl.Tensors;
using Whorl.Testing;

namespace Whorl.Server.Tests;

/// <summary>Blocks of one process, shared by many sessions.</summary>
public sealed class HostedSpanTests
{
    [Fact]
    public async Task Sessions_computed_together_give_each_the_bytes_it_gets_alone()
    {
        using Hosted hosted = new();
        (int, int)[][] texts = [.. Enumerable.Range(0, 12).Select(t => Enumerable.Range(0, 8).Select(s => (s == 0 ? 3 + t : 1 + ((s + t) % 3), (100 * t) + s)).ToArray())];
        List<float[]> alone = [];
        foreach ((int, int)[] text in texts)
        {
            alone.Add(await hosted.ComputeAsync(hosted.Span, text));
        }

        for (int round = 0; round < 3; round++)
        {
            float[][] together = await Task.WhenAll(texts.Select(text => Task.Run(() => hosted.ComputeAsync(hosted.Span, text))));
            Assert.Equal(alone, together);
        }
    }

    [Fact]
    public async Task A_session_beyond_the_budget_is_refused_and_closing_gives_everything_back()
    {
        using Hosted hosted = new(budget: 2 << 20, threads: 1); // other threads take scratch memory when they first find work, which may be late
        await hosted.ComputeAsync(hosted.Span, (2, 1)); // the workspace has grown
        hosted.Blocks.TrimMemory();
        hosted.Blocks.TrimMemory();
        long before = NativeBuffer.TotalBytes;
        BlockSessionOptions options = new(hosted.Span.Range, 1000);
        HostedSession first = hosted.Span.Open(options);
        long taken = hosted.Span.Budget.Taken;
        Assert.InRange(taken, 1, 2 << 20);

        MemoryBudgetException refused = Assert.Throws<MemoryBudgetException>(() => hosted.Span.Open(options));
        Assert.Contains("MiB", refused.Message, StringComparison.Ordinal);
        Assert.Equal(taken, hosted.Span.Budget.Taken);
        BlockStep step = hosted.Step(2, 1);
        await first.StepAsync(step, CancellationToken.None);

        await first.DisposeAsync();
        Assert.Equal(0, hosted.Span.Budget.Taken);
        Assert.Equal(hosted.Blocks.Memory.Workspace + hosted.Blocks.Memory.FreePages, hosted.Span.HeldBytes); // all of it is counted
        hosted.Blocks.TrimMemory();
        Assert.True(NativeBuffer.TotalBytes > before); // pages of the session, for the next one
        hosted.Blocks.TrimMemory(); // which has not come
        Assert.Equal(before, NativeBuffer.TotalBytes);
        await hosted.Span.Open(options).DisposeAsync();
        Assert.Equal(before, NativeBuffer.TotalBytes);
    }

    [Fact]
    public async Task A_session_in_the_pages_of_another_one_gets_the_bytes_it_gets_in_new_ones()
    {
        using Hosted fresh = new(), used = new();
        await used.ComputeAsync(used.Span, (300, 1), (7, 2), (205, 3)); // the same capacity, so pages of the same shape
        long free = used.Blocks.Memory.FreePages;
        Assert.True(free > 0);
        (int, int)[] text = [(3, 4), (290, 5), (1, 6), (218, 7)];
        Assert.Equal(await fresh.ComputeAsync(fresh.Span, text), await used.ComputeAsync(used.Span, text));
        Assert.Equal(free, used.Blocks.Memory.FreePages); // and none was taken from the system
    }

    [Fact]
    public async Task Everything_that_a_model_takes_is_given_back()
    {
        long before = NativeBuffer.TotalBytes;
        using (Hosted hosted = new())
        {
            await hosted.ComputeAsync(hosted.Span, (5, 1), (1, 2));
            Assert.True(NativeBuffer.TotalBytes > before);
        }

        Assert.Equal(before, NativeBuffer.TotalBytes);
    }

    [Fact]
    public async Task A_step_that_does_not_fit_is_refused_and_changes_nothing()
    {
        using Hosted hosted = new();
        float[] expected = await hosted.ComputeAsync(hosted.Span, (2, 1), (2, 2));
        await using HostedSession session = hosted.Span.Open(new BlockSessionOptions(hosted.Span.Range, 4));
        BlockStep first = hosted.Step(2, 1), second = hosted.Step(2, 2);
        await session.StepAsync(first, CancellationToken.None);
        await Assert.ThrowsAnyAsync<ArgumentException>(async () => await session.StepAsync(hosted.Step(3, 9), CancellationToken.None));
        BlockStep narrow = hosted.Step(1, 9);
        narrow.Input = narrow.Input[1..];
        await Assert.ThrowsAnyAsync<ArgumentException>(async () => await session.StepAsync(narrow, CancellationToken.None));
        await session.StepAsync(second, CancellationToken.None);
        Assert.Equal(expected, (float[])[.. first.Output.ToArray(), .. second.Output.ToArray()]);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_token_s_step_through_blocks_allocates_nothing(int threads)
    {
        using Hosted hosted = new(threads: threads);
        await using HostedSession session = hosted.Span.Open(new BlockSessionOptions(hosted.Span.Range, 200));
        BlockStep step = hosted.Step(1, 5);
        for (int warm = 0; warm < 20; warm++)
        {
            await session.StepAsync(step, CancellationToken.None);
        }

        for (int i = 0; i < 50; i++)
        {
            Assert.Equal(0, await Allocated.ByAsync(() => session.StepAsync(step, CancellationToken.None)));
        }
    }

#if DEBUG
    [Fact(Skip = "the compiler makes objects of async methods' states in a debug build")]
#else
    [Fact]
#endif
    public async Task A_token_from_id_to_logits_to_id_allocates_nothing()
    {
        using Whorl.Kernels.Cpu.CpuBackend backend = new();
        using ModelSource source = ModelSource.Open(Path.Combine(Whorl.Testing.ReferenceData.Checkout, "models", "bard"));
        using ModelEnds ends = ModelEnds.Load(source, backend);
        using DecoderSpan blocks = DecoderSpan.Load(source, new BlockRange(0, source.Spec.Blocks.Count - 1), backend);
        HostedSpan span = new(blocks, new MemoryBudget(long.MaxValue), "test", TimeProvider.System);
        CausalModel model = new(source, ends, span);
        await using CausalSession session = await model.OpenSessionAsync(200, 0, CancellationToken.None);
        TokenGenerator generator = new(session, new Sampler(new SamplingOptions { Temperature = 0.8f, TopP = 0.9f, MinP = 0.05f }, ends.VocabularySize), ends.VocabularySize);
        await generator.PrefillAsync((int[])[5, 6, 7], null, CancellationToken.None);
        for (int warm = 0; warm < 20; warm++)
        {
            await generator.AdvanceAsync(generator.Choose(), CancellationToken.None);
        }

        for (int i = 0; i < 50; i++)
        {
            Assert.Equal(0, await Allocated.ByAsync(() => generator.AdvanceAsync(generator.Choose(), CancellationToken.None)));
        }
    }
}
