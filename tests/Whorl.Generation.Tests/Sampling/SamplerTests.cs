using Whorl.Testing;
namespace Whorl.Generation.Tests.Sampling;

public sealed class SamplerTests
{
    private const int Vocabulary = 97;

    public static TheoryData<int, float, float, float> Filters
    {
        get
        {
            TheoryData<int, float, float, float> filters = [];
            foreach (int topK in (int[])[0, 1, 5, 40, 200])
            {
                foreach (float topP in (float[])[1, 0.9f, 0.3f, 0.01f])
                {
                    foreach (float minP in (float[])[0, 0.02f, 0.5f, 1])
                    {
                        filters.Add(topK, topP, minP, 1.3f);
                    }
                }
            }

            filters.Add(7, 0.8f, 0.01f, 0.1f);
            filters.Add(0, 0.95f, 0.05f, 5f);
            return filters;
        }
    }

    [Fact]
    public void Without_temperature_the_largest_logit_is_taken_and_the_lowest_id_among_equals()
    {
        Sampler sampler = new(new SamplingOptions { TopK = 1, Seed = 5 }, 5);
        Assert.Equal(1, sampler.Next([0, 3, 2, 3, 3], 0));
        Assert.Equal(0, sampler.Next([0, 0, 0, 0, 0], 1));
        Assert.Equal(4, sampler.Next([float.NegativeInfinity, -5, -4, -3, -2], 2));
    }

    [Theory]
    [MemberData(nameof(Filters))]
    public void Only_the_tokens_that_the_definitions_leave_are_ever_drawn_and_all_of_them(int topK, float topP, float minP, float temperature)
    {
        SamplingOptions options = new() { Temperature = temperature, TopK = topK, TopP = topP, MinP = minP, Seed = 11 };
        for (int seed = 0; seed < 4; seed++)
        {
            float[] logits = RandomLogits(seed);
            Dictionary<int, double> expected = Reference(logits, options);
            Sampler sampler = new(options, Vocabulary);
            HashSet<int> drawn = [.. Enumerable.Range(0, 3000).Select(position => sampler.Next(logits, position))];
            Assert.Subset(expected.Keys.ToHashSet(), drawn);
            Assert.All(expected.Where(e => e.Value > 0.01), e => Assert.Contains(e.Key, drawn)); // left out of 3000 draws once in 10^13
        }
    }

    [Theory]
    [InlineData(0, 1, 0)]
    [InlineData(12, 0.9f, 0.01f)]
    public void Tokens_are_drawn_as_often_as_they_are_likely(int topK, float topP, float minP)
    {
        const int Draws = 40_000;
        SamplingOptions options = new() { Temperature = 0.9f, TopK = topK, TopP = topP, MinP = minP, Seed = 3 };
        float[] logits = RandomLogits(1);
        Dictionary<int, double> expected = Reference(logits, options);
        Sampler sampler = new(options, Vocabulary);
        int[] counts = new int[Vocabulary];
        for (int position = 0; position < Draws; position++)
        {
            counts[sampler.Next(logits, position)]++;
        }

        foreach ((int id, double p) in expected)
        {
            double deviation = Math.Sqrt(Draws * p * (1 - p));
            Assert.InRange(counts[id], (Draws * p) - (5 * deviation) - 1, (Draws * p) + (5 * deviation) + 1);
        }
    }

    [Fact]
    public void The_choice_depends_on_seed_and_position_and_not_on_what_was_chosen_before()
    {
        float[] logits = RandomLogits(2);
        SamplingOptions options = new() { Temperature = 2, Seed = 9 };
        Sampler forward = new(options, Vocabulary), backward = new(options, Vocabulary), other = new(options with { Seed = 10 }, Vocabulary);
        int[] positions = [.. Enumerable.Range(0, 50)];
        int[] drawn = [.. positions.Select(p => forward.Next(logits, p))];
        Assert.Equal(drawn, positions.Reverse().Select(p => backward.Next(logits, p)).Reverse());
        Assert.NotEqual(drawn, positions.Select(p => other.Next(logits, p)));
        Assert.True(drawn.Distinct().Count() > 10);
    }

    [Fact]
    public void A_repeated_token_is_made_less_likely_by_division_or_multiplication()
    {
        Sampler sampler = new(new SamplingOptions { RepetitionPenalty = 2 }, 3);
        sampler.Observe([0]);
        Assert.Equal(1, sampler.Next([3, 2, -1], 0)); // 1.5, 2, -1
        Assert.Equal(0, sampler.Next([3, 2, -1], 1)); // 1.5, 1, -1
        Assert.Equal(2, sampler.Next([-3, -2, -3.5f], 2)); // -6, -4, -3.5
    }

    [Fact]
    public void A_written_token_is_penalised_once_and_for_each_time_but_not_for_the_prompt()
    {
        Sampler sampler = new(new SamplingOptions { FrequencyPenalty = 0.4f, PresencePenalty = 1 }, 2);
        sampler.Observe([0, 0, 0]);
        float[] logits = [2, 0];
        Assert.Equal([0, 0, 0, 1], Enumerable.Range(0, 4).Select(p => sampler.Next(logits, p))); // 2; 0.6; 0.2; -0.2 < 0
    }

    [Theory]
    [InlineData(float.NaN, 1)]
    [InlineData(1, float.NaN)]
    [InlineData(1, float.PositiveInfinity)]
    [InlineData(float.NegativeInfinity, float.NegativeInfinity)]
    public void Nonsense_is_refused(float first, float second)
    {
        Sampler sampler = new(new SamplingOptions { Temperature = 1 }, 2);
        Assert.Throws<ModelOutputException>(() => sampler.Next([first, second], 0));
    }

    [Theory]
    [InlineData(0, 0.9f)]
    [InlineData(40, 0.9f)]
    [InlineData(40, 1)]
    [InlineData(0, 1)]
    public void A_choice_allocates_nothing(int topK, float topP)
    {
        Sampler sampler = new(new SamplingOptions { Temperature = 0.8f, TopK = topK, TopP = topP, MinP = 0.01f, RepetitionPenalty = 1.1f }, Vocabulary);
        float[] logits = RandomLogits(4);
        sampler.Next(logits, 0);
        for (int position = 1; position < 100; position++)
        {
            Assert.Equal(0, Allocated.By(() => sampler.Next(logits, position)));
        }
    }

    [Fact]
    public void Options_out_of_range_are_named()
    {
        SamplingOptions[] wrong =
        [
            new() { RepetitionPenalty = 0 }, new() { FrequencyPenalty = float.NaN }, new() { PresencePenalty = float.PositiveInfinity }, new() { Temperature = -1 },
            new() { TopK = -1 }, new() { TopP = 0 }, new() { TopP = 1.1f }, new() { MinP = -0.1f }, new() { MinP = 2 },
        ];
        Assert.All(wrong, options => Assert.Throws<ArgumentOutOfRangeException>(() => new Sampler(options, 4)));
    }

    /// <summary>
    /// The definitions, word by word: softmax at the temperature, then top-k, top-p of what is left, min-p, and shares of what is left.
    /// </summary>
    private static Dictionary<int, double> Reference(float[] logits, SamplingOptions options)
    {
        List<(int Id, double P)> tokens = [.. logits.Select((l, id) => (id, P: Math.Exp(l / (double)options.Temperature))).OrderByDescending(t => logits[t.id]).ThenBy(t => t.id)];
        tokens = options.TopK > 0 ? [.. tokens.Take(options.TopK)] : tokens;
        double total = tokens.Sum(t => t.P), sum = 0;
        tokens = [.. tokens.TakeWhile(t =>
        {
            bool before = sum < total * (double)options.TopP;
            sum += t.P;
            return before;
        })];
        tokens = [.. tokens.Where(t => t.P >= options.MinP * tokens[0].P * (1 - 1e-12))];
        total = tokens.Sum(t => t.P);
        return tokens.ToDictionary(t => t.Id, t => t.P / total);
    }

    private static float[] RandomLogits(int seed)
    {
        Random random = new(seed);
        float[] logits = [.. Enumerable.Range(0, Vocabulary).Select(_ => (float)((random.NextDouble() * 12) - 6))];
        logits[20] = logits[50]; // a tie
        logits[70] = float.NegativeInfinity;
        return logits;
    }
}
