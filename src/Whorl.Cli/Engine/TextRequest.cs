using Whorl.Generation;

namespace Whorl.Cli.Engine;

/// <summary>What the command line asks for; null stands for the model's own value.</summary>
internal sealed record TextRequest
{
    /// <summary>The most tokens of a text where nothing was asked.</summary>
    public const int UsualMaxTokens = 256;

    public string? Prompt { get; init; }

    public int[]? PromptIds { get; init; }

    /// <summary>Files whose text belongs to the prompt; <see cref="PromptText.StandardInput"/> for standard input.</summary>
    public IReadOnlyList<string> Files { get; init; } = [];

    /// <summary>Whether the prompt must be a message in the model's chat template.</summary>
    public bool IsChat { get; init; }

    /// <summary>Whether the prompt is continued as it is, also by a model that has a chat template.</summary>
    public bool IsRaw { get; init; }

    /// <summary>What the system message says; null for none.</summary>
    public string? System { get; init; }

    /// <summary>Null where nothing was asked: a text then has <see cref="UsualMaxTokens"/>, an answer in a chat no limit.</summary>
    public int? MaxTokens { get; init; }

    public float? Temperature { get; init; }

    public int? TopK { get; init; }

    public float? TopP { get; init; }

    public float? MinP { get; init; }

    public float? RepetitionPenalty { get; init; }

    public float PresencePenalty { get; init; }

    public float FrequencyPenalty { get; init; }

    public ulong Seed { get; init; }

    public IReadOnlyList<string> Stop { get; init; } = [];

    public bool IgnoreEndTokens { get; init; }

    public int? Context { get; init; }

    public bool Json { get; init; }

    /// <summary>The options, the model's own values filled in.</summary>
    public GenerationOptions Resolve(ModelText text)
    {
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
            Seed = Seed,
        };
        sampling.Validate();
        return new GenerationOptions
        {
            Sampling = sampling,
            MaxTokens = MaxTokens ?? UsualMaxTokens,
            StopStrings = [.. Stop, .. text.StopStrings],
            EndTokens = IgnoreEndTokens ? [] : text.EndTokens,
        };
    }
}
