namespace Whorl.Generation;

/// <summary>How well a model predicts a text: windows that do not overlap and share nothing, the first token of each only read.</summary>
/// <param name="Windows">Windows scored.</param>
/// <param name="Tokens">Tokens scored: window length less one, times windows.</param>
/// <param name="NegativeLogLikelihood">Sum over the tokens, in nats.</param>
public sealed record Perplexity(int Windows, long Tokens, double NegativeLogLikelihood)
{
    /// <summary>e^(negative log likelihood / tokens).</summary>
    public double Value => double.IsNaN(NegativeLogLikelihood) ? double.NaN : 1 / PortableExp.Of(-NegativeLogLikelihood / Tokens);

    /// <summary>Scores the first windows of a text.</summary>
    /// <param name="model">The model.</param>
    /// <param name="ids">The text; what does not fill a window is left out.</param>
    /// <param name="window">Tokens a window, at least 2.</param>
    /// <param name="maxWindows">The most windows.</param>
    /// <param name="progress">Told the result so far.</param>
    /// <param name="cancellationToken">Stops between windows.</param>
    /// <exception cref="ArgumentException">The text does not fill one window.</exception>
    public static async Task<Perplexity> MeasureAsync(
        ICausalModel model, ReadOnlyMemory<int> ids, int window, int maxWindows, IProgress<Perplexity>? progress,
        CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(window, 2);
        int windows = Math.Min(maxWindows, ids.Length / window);
        if (windows < 1)
        {
            throw new ArgumentException($"the text has {ids.Length} tokens, less than one window of {window}", nameof(ids));
        }

        Perplexity sum = new(0, 0, 0);
        for (int i = 0; i < windows; i++)
        {
            double loss = await ScoreAsync(model, ids.Slice(i * window, window), cancellationToken);
            sum = new Perplexity(i + 1, sum.Tokens + window - 1, sum.NegativeLogLikelihood + loss);
            progress?.Report(sum);
        }

        return sum;
    }

    private static async Task<double> ScoreAsync(ICausalModel model, ReadOnlyMemory<int> ids, CancellationToken cancellationToken)
    {
        const int ChunkSize = 128; // bounds the logits held at a time
        int vocabulary = model.VocabularySize;
        float[] logits = new float[ChunkSize * vocabulary];
        await using ICausalSession session = await model.OpenAsync(ids.Length, 0, cancellationToken);
        double loss = 0;
        CausalStep step = new();
        for (int at = 0; at < ids.Length - 1; at += ChunkSize)
        {
            int count = Math.Min(ChunkSize, ids.Length - 1 - at);
            step.Ids = ids.Slice(at, count);
            step.Logits = logits.AsMemory(0, count * vocabulary);
            await session.StepAsync(step, cancellationToken);
            for (int row = 0; row < count; row++)
            {
                loss += Loss(logits.AsSpan(row * vocabulary, vocabulary), ids.Span[at + row + 1]);
            }
        }

        return loss;
    }

    /// <summary>log Σ e^logit - logit[target], in float64.</summary>
    private static double Loss(ReadOnlySpan<float> logits, int target)
    {
        double largest = double.NegativeInfinity, sum = 0;
        foreach (float logit in logits)
        {
            largest = Math.Max(largest, logit);
        }

        foreach (float logit in logits)
        {
            sum += PortableExp.Of(logit - largest);
        }

        return PortableExp.Log(sum) + largest - logits[target];
    }
}
