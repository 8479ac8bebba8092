using Whorl.Testing;

namespace Whorl.Models.Tests;

/// <summary>Sessions that go back or are copied, in every family: what follows is the same bytes as without.</summary>
public sealed class SessionCacheTests
{
    private const int Length = 19;

    public static TheoryData<string> Cases => [.. GoldenCase.Names];

    [Theory]
    [MemberData(nameof(Cases))]
    public void After_going_back_other_tokens_give_the_bytes_of_a_new_session(string name)
    {
        using LoadedModel model = new(GoldenCase.Of(name).Folder);
        using ModelRun run = model.Open(Length), fresh = model.Open(Length);
        SessionCache cache = run.Sessions[0];
        Step(model, cache, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 2, 3, 4, 5, 6, 7, 8, 9);
        int back = cache.Blocks.Any(b => b.States.Count > 0) ? 0 : 6; // recurrent states go back to the beginning only

        cache.Truncate(back);

        Assert.Equal(back, cache.Committed);
        Step(model, cache, back, 7, 7, 5);
        Step(model, fresh.Sessions[0], 0, [.. new[] { 1, 2, 3, 4, 5, 6 }[..back], 7, 7, 5]);
        Assert.Equal(Step(model, fresh.Sessions[0], back + 3, 4, 2), Step(model, cache, back + 3, 4, 2));
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_copy_goes_on_with_the_same_bytes_whatever_it_remembered_before(string name)
    {
        using LoadedModel model = new(GoldenCase.Of(name).Folder);
        using ModelRun run = model.Open(Length), other = model.Open(Length);
        Step(model, run.Sessions[0], 0, 3, 1, 4, 1, 5, 9, 2, 6);
        Step(model, other.Sessions[0], 0, 2, 7, 1, 8, 2, 8, 1, 8, 2, 8, 4, 5, 9, 0, 4, 5, 2, 3);

        other.Sessions[0].CopyFrom(run.Sessions[0]);

        Assert.Equal(8, other.Sessions[0].Committed);
        Assert.Equal(Step(model, run.Sessions[0], 8, 5, 3, 5), Step(model, other.Sessions[0], 8, 5, 3, 5));
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task A_session_that_was_saved_and_loaded_goes_on_with_the_same_bytes(string name)
    {
        using LoadedModel model = new(GoldenCase.Of(name).Folder);
        using ModelRun run = model.Open(Length), other = model.Open(Length);
        Step(model, run.Sessions[0], 0, 3, 1, 4, 1, 5, 9, 2, 6);
        Step(model, other.Sessions[0], 0, 2, 7, 1, 8, 2, 8, 1, 8, 2, 8, 4, 5, 9, 0, 4, 5, 2, 3);
        using MemoryStream saved = new();

        await run.Sessions[0].SaveAsync(saved, CancellationToken.None);
        saved.Position = 0;
        await other.Sessions[0].LoadAsync(saved, CancellationToken.None);

        Assert.Equal((8, saved.Length), (other.Sessions[0].Committed, saved.Position));
        Assert.Equal(Step(model, run.Sessions[0], 8, 5, 3, 5), Step(model, other.Sessions[0], 8, 5, 3, 5));
    }

    [Fact]
    public async Task What_was_saved_is_refused_where_it_does_not_fit_and_breaks_a_session_where_it_ends_too_early()
    {
        using LoadedModel model = new(ReferenceData.PathOf("golden", "petals", "tiny-llama"));
        using ModelRun run = model.Open(8, maxScratch: 2), shorter = model.Open(4), same = model.Open(8);
        SessionCache cache = run.Sessions[0];
        Step(model, cache, 0, 1, 2, 3, 4, 5);
        using MemoryStream saved = new();
        await cache.SaveAsync(saved, CancellationToken.None);
        byte[] bytes = saved.ToArray();
        Step(model, shorter.Sessions[0], 0, 1);

        await Assert.ThrowsAsync<InvalidDataException>(() => shorter.Sessions[0].LoadAsync(new MemoryStream(bytes), CancellationToken.None));
        byte[] changed = [.. bytes];
        changed[4]++;
        await Assert.ThrowsAsync<InvalidDataException>(() => same.Sessions[0].LoadAsync(new MemoryStream(changed), CancellationToken.None));
        Assert.Equal((1, 0), (shorter.Sessions[0].Committed, same.Sessions[0].Committed));
        await Assert.ThrowsAsync<EndOfStreamException>(() => same.Sessions[0].LoadAsync(new MemoryStream(bytes[..^1]), CancellationToken.None));
        Assert.Throws<InvalidOperationException>(() => Step(model, same.Sessions[0], 0, 1));
        run.Step([1], [-1]);
        await Assert.ThrowsAsync<InvalidOperationException>(() => cache.SaveAsync(new MemoryStream(), CancellationToken.None));
    }

    [Fact]
    public void A_session_reserves_the_length_it_is_promised_and_takes_memory_as_tokens_come()
    {
        using LoadedModel model = new(ReferenceData.PathOf("golden", "petals", "tiny-llama"));
        MemoryBudget all = new(long.MaxValue);
        using SessionCache cache = model.OpenSpan(1000, all);
        Assert.Equal(cache.Bytes, all.Taken);
        MemoryBudget scarce = new((cache.Bytes * 3 / 2) - 1);
        using SessionCache first = model.OpenSpan(1000, scarce);
        Assert.Throws<MemoryBudgetException>(() => model.OpenSpan(501, scarce));
        Assert.Equal(cache.Bytes, scarce.Taken);

        int[] ids = [.. Enumerable.Range(0, 300).Select(i => i % 50)];
        Assert.Equal(0, Taken());
        Step(model, cache, 0, ids);
        Assert.InRange(Taken(), 1, cache.Bytes * 5 / 8);
        Step(model, cache, 300, [.. ids, .. ids, .. ids[..100]]); // it finds all that it was promised
        Assert.Equal(cache.Bytes, Taken());

        long Taken() => cache.Blocks.Sum(block => block.KeyValues!.BytesTaken);
    }

    [Fact]
    public void What_does_not_fit_is_refused_and_changes_nothing()
    {
        using LoadedModel model = new(ReferenceData.PathOf("golden", "petals", "tiny-llama"));
        using ModelRun run = model.Open(8), shorter = model.Open(4), withTree = model.Open(8, maxScratch: 2);
        SessionCache cache = run.Sessions[0];
        Step(model, cache, 0, 1, 2, 3, 4, 5);
        withTree.Step([1], [-1]);

        Assert.Throws<ArgumentOutOfRangeException>(() => cache.Truncate(6));
        Assert.Throws<ArgumentOutOfRangeException>(() => cache.Truncate(-1));
        Assert.Throws<ArgumentException>(() => shorter.Sessions[0].CopyFrom(cache));
        Assert.Throws<ArgumentException>(() => cache.CopyFrom(withTree.Sessions[0]));
        Assert.Equal((5, 0), (cache.Committed, shorter.Sessions[0].Committed));
    }

    [Fact]
    public void Deep_prompts_are_added_before_each_block_to_the_first_rows()
    {
        using LoadedModel whole = new(ReferenceData.PathOf("golden", "petals", "tiny-llama"));
        using LoadedModel apart = new(ReferenceData.PathOf("golden", "petals", "tiny-llama"), cuts: [1, 2, 3]);
        using ModelRun run = whole.Open(8), blocks = apart.Open(8);
        float[] hidden = whole.Embed([1, 2, 3], [0, 1, 2]), output = new float[hidden.Length];
        float[] prompts = [.. Enumerable.Range(0, 4 * 2 * whole.Width).Select(i => i / 1000f)];
        whole.Forward(0, run.Sessions, [new BlockStep { Rows = 3, Input = hidden, Output = output, PromptRows = 2, Prompts = prompts }]);

        for (int block = 0; block < 4; block++)
        {
            for (int i = 0; i < 2 * whole.Width; i++)
            {
                hidden[i] += prompts[(block * 2 * whole.Width) + i];
            }

            float[] next = new float[hidden.Length];
            apart.Forward(block, [blocks.Sessions[block]], [new BlockStep { Rows = 3, Input = hidden, Output = next }]);
            hidden = next;
        }

        Assert.Equal(hidden, output);
        BlockStep tooMany = new() { Rows = 1, Input = new float[whole.Width], Output = new float[whole.Width], PromptRows = 2, Prompts = prompts };
        Assert.Throws<Tensors.ShapeMismatchException>(() => whole.Forward(0, run.Sessions, [tooMany]));
    }

    [Fact]
    public void A_step_that_does_not_fit_changes_none_of_the_sessions_it_was_to_be_computed_with()
    {
        using LoadedModel model = new(ReferenceData.PathOf("golden", "petals", "tiny-llama"));
        using ModelRun run = model.Open(8, maxScratch: 4), other = model.Open(2);
        run.Step([1, 2, 3], [-1, 0, 0]);
        BlockStep verdict = StepOf(model, 1, 4), tooLong = StepOf(model, 0, 1, 2, 3);
        (verdict.HasVerdict, verdict.Keep) = (true, new[] { 0, 2 });

        Assert.Throws<ArgumentException>(() => model.Forward(0, [run.Sessions[0], other.Sessions[0]], [verdict, tooLong]));

        Assert.Equal((0, 3), (run.Sessions[0].Committed, run.Sessions[0].Parents.Length));
    }

    private static float[] Step(LoadedModel model, SessionCache cache, int first, params int[] ids)
    {
        BlockStep step = StepOf(model, first, ids);
        model.Forward(0, [cache], [step]);
        return step.Output.ToArray();
    }

    private static BlockStep StepOf(LoadedModel model, int first, params int[] ids) => new()
    {
        Rows = ids.Length,
        Input = model.Embed(ids, [.. Enumerable.Range(first, ids.Length)]),
        Output = new float[ids.Length * model.Width],
    };
}
