namespace Whorl.Generation.Tests;

public sealed class TokenGeneratorTests
{
    [Fact]
    public async Task It_writes_as_many_tokens_as_were_asked_for_and_computes_none_for_nothing()
    {
        (List<int> ids, StopReason reason, CountingSession session) = await GenerateAsync(new GenerationOptions { MaxTokens = 4 }, maxLength: 100);
        Assert.Equal([4, 5, 6, 7], ids);
        Assert.Equal(StopReason.MaxTokens, reason);
        Assert.Equal(3 + 3, session.Committed); // nothing follows the last
    }

    [Fact]
    public async Task An_end_token_ends_it_and_is_not_given_out()
    {
        (List<int> ids, StopReason reason, _) = await GenerateAsync(new GenerationOptions { EndTokens = [6, 99] }, maxLength: 100);
        Assert.Equal([4, 5], ids);
        Assert.Equal(StopReason.EndToken, reason);
    }

    [Fact]
    public async Task A_full_session_ends_it()
    {
        (List<int> ids, StopReason reason, CountingSession session) = await GenerateAsync(new GenerationOptions(), maxLength: 5);
        Assert.Equal([4, 5, 6], ids); // the last one is known, but has no place in the session
        Assert.Equal(StopReason.ContextFull, reason);
        Assert.Equal(5, session.Committed);
    }

    [Fact]
    public async Task A_long_prompt_goes_in_by_chunks_and_progress_is_told()
    {
        CountingSession session = new(10);
        TokenGenerator generator = new(session, new Sampler(new SamplingOptions(), 10), 10);
        List<int> told = [];
        await generator.PrefillAsync(new int[1200], new Recorder(told), CancellationToken.None);
        Assert.Equal([512, 1024, 1200], told);
        Assert.Equal(1, generator.Choose());
    }

    [Fact]
    public async Task A_model_that_knows_nothing_has_a_perplexity_of_its_vocabulary()
    {
        Perplexity measured = await Perplexity.MeasureAsync(new CountingModel(50, 0), new int[700], 300, int.MaxValue, null, CancellationToken.None);
        Assert.Equal((2, 598L), (measured.Windows, measured.Tokens));
        Assert.Equal(50, measured.Value, 1e-9);
    }

    [Fact]
    public async Task A_model_that_knows_everything_has_a_perplexity_of_one()
    {
        int[] ids = [.. Enumerable.Range(0, 200).Select(i => i % 50)];
        Perplexity measured = await Perplexity.MeasureAsync(new CountingModel(50, 60), ids, 150, 5, null, CancellationToken.None);
        Assert.Equal(1, measured.Value, 1e-12);
    }

    private static async Task<(List<int> Ids, StopReason Reason, CountingSession Session)> GenerateAsync(GenerationOptions options, int maxLength)
    {
        CountingSession session = new(20);
        TokenGenerator generator = new(session, new Sampler(options.Sampling, 20), 20);
        await generator.PrefillAsync((int[])[1, 2, 3], null, CancellationToken.None);
        List<int> ids = [];
        StopReason reason = StopReason.None;
        await foreach (int id in generator.GenerateAsync(options, maxLength, r => reason = r, CancellationToken.None))
        {
            ids.Add(id);
        }

        return (ids, reason, session);
    }

    private sealed class Recorder(List<int> told) : IProgress<int>
    {
        public void Report(int value) => told.Add(value);
    }

    private sealed class CountingModel(int vocabulary, float certainty) : ICausalModel
    {
        public int VocabularySize => vocabulary;

        public int? ContextLength => null;

        public ValueTask<ICausalSession> OpenAsync(int maxLength, int maxScratch, CancellationToken cancellationToken) => new(new CountingSession(vocabulary, certainty));
    }
}
