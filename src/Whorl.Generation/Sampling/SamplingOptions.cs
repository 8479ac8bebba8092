namespace Whorl.Generation;

/// <summary>How a token is chosen from logits. The steps run in the order of the properties.</summary>
public sealed record SamplingOptions
{
    /// <summary>
    /// Logits of tokens already in the text (prompt included) are divided by this where positive, multiplied where negative. Source:
    /// arXiv:1909.05858.
    /// </summary>
    /// <value>Default 1: off. Above 0.</value>
    public float RepetitionPenalty { get; init; } = 1;

    /// <summary>Taken off the logit of each token that was generated, once for each time.</summary>
    /// <value>Default 0: off.</value>
    public float FrequencyPenalty { get; init; }

    /// <summary>Taken off the logit of each token that was generated at all.</summary>
    /// <value>Default 0: off.</value>
    public float PresencePenalty { get; init; }

    /// <summary>
    /// Logits are divided by this; 0 takes the largest (the lowest id among equals) and leaves the rest of the options unused.
    /// </summary>
    /// <value>Default 0: greedy.</value>
    public float Temperature { get; init; }

    /// <summary>Only so many of the likeliest tokens stay.</summary>
    /// <value>Default 0: all.</value>
    public int TopK { get; init; }

    /// <summary>
    /// Only the smallest set of likeliest tokens stays whose probabilities sum to at least this. Source: arXiv:1904.09751.
    /// </summary>
    /// <value>Default 1: all. In (0, 1].</value>
    public float TopP { get; init; } = 1;

    /// <summary>Only tokens stay that are at least this times as likely as the likeliest. Source: arXiv:2407.01082.</summary>
    /// <value>Default 0: all. In [0, 1].</value>
    public float MinP { get; init; }

    /// <summary>Keys the random numbers, together with the position.</summary>
    public ulong Seed { get; init; }

    /// <summary>Refuses values out of range.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The message names the option.</exception>
    public void Validate()
    {
        Check(RepetitionPenalty > 0 && float.IsFinite(RepetitionPenalty), nameof(RepetitionPenalty), RepetitionPenalty, "above 0");
        Check(float.IsFinite(FrequencyPenalty), nameof(FrequencyPenalty), FrequencyPenalty, "a number");
        Check(float.IsFinite(PresencePenalty), nameof(PresencePenalty), PresencePenalty, "a number");
        Check(Temperature >= 0 && float.IsFinite(Temperature), nameof(Temperature), Temperature, "0 or above");
        Check(TopK >= 0, nameof(TopK), TopK, "0 or above");
        Check(TopP is > 0 and <= 1, nameof(TopP), TopP, "above 0 and at most 1");
        Check(MinP is >= 0 and <= 1, nameof(MinP), MinP, "from 0 to 1");
    }

    private static void Check(bool fits, string name, object value, string range)
    {
        if (!fits)
        {
            throw new ArgumentOutOfRangeException(name, value, $"must be {range}");
        }
    }
}
