using Whorl.Generation;

namespace Whorl;

/// <summary>How a text is written; null stands for the model's own value.</summary>
public sealed record TextOptions
{
    /// <summary>The most tokens of a text where nothing is asked.</summary>
    public const int UsualMaxTokens = 256;

    /// <summary>The most tokens to write, 0 or more.</summary>
    /// <value>Default null: <see cref="UsualMaxTokens"/>; for an answer in a chat, no limit.</value>
    public int? MaxTokens { get; init; }

    /// <inheritdoc cref="SamplingOptions.Temperature"/>
    /// <value>Default null: the model's own, else 0.8.</value>
    public float? Temperature { get; init; }

    /// <inheritdoc cref="SamplingOptions.TopK"/>
    /// <value>Default null: the model's own, else all.</value>
    public int? TopK { get; init; }

    /// <inheritdoc cref="SamplingOptions.TopP"/>
    /// <value>Default null: the model's own, else 0.95.</value>
    public float? TopP { get; init; }

    /// <inheritdoc cref="SamplingOptions.MinP"/>
    /// <value>Default null: the model's own, else 0.05.</value>
    public float? MinP { get; init; }

    /// <inheritdoc cref="SamplingOptions.RepetitionPenalty"/>
    /// <value>Default null: the model's own, else 1, off.</value>
    public float? RepetitionPenalty { get; init; }

    /// <inheritdoc cref="SamplingOptions.PresencePenalty"/>
    public float PresencePenalty { get; init; }

    /// <inheritdoc cref="SamplingOptions.FrequencyPenalty"/>
    public float FrequencyPenalty { get; init; }

    /// <summary>The same seed gives the same text, wherever the blocks are.</summary>
    /// <value>Default null: a random one, which the result tells.</value>
    public ulong? Seed { get; init; }

    /// <summary>Strings that end the text, beside the model's own; they are not part of it.</summary>
    /// <value>Default empty.</value>
    public IReadOnlyList<string> StopStrings { get; init; } = [];

    /// <summary>Whether the text goes on where the model would end it.</summary>
    /// <value>Default false.</value>
    public bool IgnoreEndTokens { get; init; }

    /// <summary>The most tokens of a session, prompt included; memory is taken for so many.</summary>
    /// <value>Default null: what prompt and <see cref="MaxTokens"/> need, at most what the model was made for.</value>
    public int? Context { get; init; }

    /// <summary>What the model is told before the prompt; needs a chat template.</summary>
    /// <value>Default null: nothing.</value>
    public string? System { get; init; }

    /// <summary>Whether the prompt is a message in the model's chat template, and answered; else it is continued as it is.</summary>
    /// <value>Default null: where the model has one and follows it.</value>
    public bool? UsesTemplate { get; init; }

    /// <summary>Who guesses how the text goes on; the text is the same.</summary>
    /// <value>Default null: nobody.</value>
    public SpeculationOptions? Speculation { get; init; }

    /// <summary>These options with a seed.</summary>
    internal TextOptions WithSeed() => Seed is null ? this with { Seed = (ulong)Random.Shared.NextInt64(1L << 48) } : this;

    /// <summary>What they come to with a model.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A value is out of its range.</exception>
    internal GenerationOptions Resolve(ModelText text)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(MaxTokens ?? 0, nameof(MaxTokens));
        ArgumentOutOfRangeException.ThrowIfLessThan(Context ?? 1, 1, nameof(Context));
        SamplingOptions own = text.Sampling;
        SamplingOptions sampling = own with
        {
            Temperature = Temperature ?? own.Temperature,
            TopK = TopK ?? own.TopK,
            TopP = TopP ?? own.TopP,
            MinP = MinP ?? own.MinP,
            RepetitionPenalty = RepetitionPenalty ?? own.RepetitionPenalty,
            PresencePenalty = PresencePenalty,
            FrequencyPenalty = FrequencyPenalty,
            Seed = Seed ?? 0,
        };
        sampling.Validate();
        return new GenerationOptions
        {
            Sampling = sampling,
            MaxTokens = MaxTokens ?? UsualMaxTokens,
            StopStrings = [.. StopStrings, .. text.StopStrings],
            EndTokens = IgnoreEndTokens ? [] : text.EndTokens,
        };
    }
}
