using Whorl.Generation.Speculation;

namespace Whorl.Generation.Tests.Speculation;

public sealed class SpeculativeGeneratorTests
{
    private const int Vocabulary = 24, MaxLength = 400;

    private static readonly int[] Prompt = [3, 1, 4];

    public static TheoryData<string, float, int?> Ways()
    {
        TheoryData<string, float, int?> ways = [];
        foreach (string drafter in new[] { "random", "right", "lookup", "recycle", "model", "all" })
        {
            foreach (float temperature in new[] { 0f, 0.5f, 1f })
            {
                ways.Add(drafter, temperature, null);
                ways.Add(drafter, temperature, 1);
                ways.Add(drafter, temperature, 17);
            }
        }

        return ways;
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Whoever_guesses_the_text_is_the_one_without_guesses(string drafter, float temperature, int? treeSize)
    {
        GenerationOptions options = new()
        {
            MaxTokens = 300,
            Sampling = new SamplingOptions { Temperature = temperature, TopP = 0.9f, Seed = 5, RepetitionPenalty = 1.1f, FrequencyPenalty = 0.05f },
        };
        await using Speculator speculator = Speculate(drafter, treeSize);
        HashSession session = new(Vocabulary, MaxLength, speculator.MaxScratch);
        (List<int> plain, _) = await WriteAsync(new HashSession(Vocabulary, MaxLength, 0), options, MaxLength, null);

        (List<int> ids, StopReason reason) = await WriteAsync(session, options, MaxLength, speculator);

        Assert.Equal(plain, ids);
        Assert.Equal(StopReason.MaxTokens, reason);
        Assert.Equal(Prompt.Length + 299, session.Committed); // nothing follows the last
        SpeculationStatistics statistics = speculator.Statistics;
        Assert.Equal(session.Steps - 1, statistics.Passes);
        Assert.Equal(299, statistics.Tokens);
        Assert.Equal(statistics.Accepted, statistics.ByRoute.Values.Sum(route => route.Accepted));
        if (drafter == "right" && temperature == 0 && treeSize == 17)
        {
            Assert.True(statistics.TokensPerPass > 2, $"{statistics.TokensPerPass} tokens a pass, where most guesses are right");
        }
    }

    [Fact]
    public async Task It_goes_on_where_another_run_has_stopped_in_the_middle_of_a_tree()
    {
        GenerationOptions options = new() { MaxTokens = 200 };
        (List<int> plain, _) = await WriteAsync(new HashSession(Vocabulary, MaxLength, 0), options, MaxLength, null);
        await using Speculator speculator = Speculate("right", 9);
        HashSession session = new(Vocabulary, MaxLength, speculator.MaxScratch);
        Sampler sampler = new(options.Sampling, Vocabulary);
        float[] logits = new float[Vocabulary];
        await session.StepAsync(new CausalStep { Ids = Prompt, Logits = logits }, default);
        List<int> text = [.. Prompt];
        for (int run = 0; text.Count < Prompt.Length + 200; run++)
        {
            SpeculativeGenerator generator = new(session, sampler, Vocabulary, speculator, TimeProvider.System);
            GenerationOptions left = options with { MaxTokens = Prompt.Length + 200 - text.Count };
            int taken = 0;
            await foreach (int id in generator.GenerateAsync([.. text], logits, left, MaxLength, _ => { }, default))
            {
                text.Add(id);
                if (++taken > run % 5)
                {
                    break;
                }
            }

            Assert.True(session.Committed < text.Count, "one token at least is yet to be computed, for its logits");
            int[] rest = [.. text.Skip(session.Committed)];
            await session.StepAsync(new CausalStep { Ids = rest, Logits = logits }, default);
            Assert.Equal(text, session.Text);
        }

        Assert.Equal(plain, text.Skip(Prompt.Length));
    }

    [Fact]
    public async Task An_end_token_among_the_guesses_ends_the_text_and_nothing_behind_it_is_committed()
    {
        (List<int> plain, _) = await WriteAsync(new HashSession(Vocabulary, MaxLength, 0), new GenerationOptions { MaxTokens = 100 }, MaxLength, null);
        int end = plain[40];
        int first = plain.IndexOf(end);
        await using Speculator speculator = Speculate("right", 16);
        HashSession session = new(Vocabulary, MaxLength, speculator.MaxScratch);

        (List<int> ids, StopReason reason) = await WriteAsync(session, new GenerationOptions { EndTokens = [end] }, MaxLength, speculator);

        Assert.Equal(plain[..first], ids);
        Assert.Equal(StopReason.EndToken, reason);
        Assert.Equal(Prompt.Length + first, session.Committed);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    [InlineData(30)]
    public async Task A_session_that_is_full_ends_it_as_without_guesses(int room)
    {
        int length = Prompt.Length + room;
        await using Speculator speculator = Speculate("right", 16);
        HashSession session = new(Vocabulary, length, speculator.MaxScratch);
        (List<int> plain, StopReason expected) = await WriteAsync(new HashSession(Vocabulary, length, 0), new GenerationOptions(), length, null);

        (List<int> ids, StopReason reason) = await WriteAsync(session, new GenerationOptions(), length, speculator);

        Assert.Equal(plain, ids);
        Assert.Equal(expected, reason);
        Assert.Equal(StopReason.ContextFull, reason);
        Assert.Equal(length, session.Committed);
    }

    [Fact]
    public async Task Where_only_chains_are_computed_only_chains_are_asked_for()
    {
        GenerationOptions options = new() { MaxTokens = 200 };
        (List<int> plain, _) = await WriteAsync(new HashSession(Vocabulary, MaxLength, 0), options, MaxLength, null);
        await using Speculator speculator = Speculate("all", 12);
        HashSession session = new(Vocabulary, MaxLength, speculator.MaxScratch) { Scratch = ScratchShape.Chains };

        (List<int> ids, _) = await WriteAsync(session, options, MaxLength, speculator);

        Assert.Equal(plain, ids); // the session itself looks at the parents
        Assert.True(speculator.Statistics.Accepted > 0);
    }

    [Fact]
    public async Task Where_nothing_can_be_tried_nothing_is()
    {
        GenerationOptions options = new() { MaxTokens = 50 };
        await using Speculator speculator = Speculate("right", 12);
        HashSession session = new(Vocabulary, MaxLength, 0) { Scratch = ScratchShape.None };

        (List<int> ids, _) = await WriteAsync(session, options, MaxLength, speculator);

        Assert.Equal(50, ids.Count);
        Assert.Equal((49, 0), (speculator.Statistics.ByRoute["off"].Passes, speculator.Statistics.Drafted));
    }

    private static Speculator Speculate(string drafter, int? treeSize)
    {
        List<IDrafter> drafters = [];
        if (drafter is "random" or "right" or "all")
        {
            drafters.Add(new RandomDrafter(11, Vocabulary, drafter == "right" ? 0.97 : 0.3));
        }

        if (drafter is "lookup" or "all")
        {
            drafters.Add(new LookupDrafter());
        }

        if (drafter is "recycle" or "all")
        {
            drafters.Add(new RecyclingDrafter(Vocabulary));
        }

        if (drafter is "model" or "all")
        {
            drafters.Add(new ModelDrafter("model", new HashModel(Vocabulary)));
        }

        return new Speculator(drafters, TimeProvider.System) { TreeSize = treeSize };
    }

    private static async Task<(List<int> Ids, StopReason Reason)> WriteAsync(
        HashSession session, GenerationOptions options, int maxLength, Speculator? speculator)
    {
        Sampler sampler = new(options.Sampling, Vocabulary);
        TokenGenerator generator = new(session, sampler, Vocabulary);
        await generator.PrefillAsync(Prompt, null, default);
        StopReason reason = StopReason.None;
        IAsyncEnumerable<int> tokens = speculator is null
            ? generator.GenerateAsync(options, maxLength, r => reason = r, default)
            : new SpeculativeGenerator(session, sampler, Vocabulary, speculator, TimeProvider.System)
                .GenerateAsync(Prompt, generator.Logits, options, maxLength, r => reason = r, default);
        List<int> ids = [];
        await foreach (int id in tokens)
        {
            ids.Add(id);
        }

        return (ids, reason);
    }
}
