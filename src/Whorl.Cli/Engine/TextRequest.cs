namespace Whorl.Cli.Engine;

/// <summary>What the command line asks for.</summary>
internal sealed record TextRequest
{
    public string? Prompt { get; init; }

    public int[]? PromptIds { get; init; }

    /// <summary>Files whose text belongs to the prompt; <see cref="PromptText.StandardInput"/> for standard input.</summary>
    public IReadOnlyList<string> Files { get; init; } = [];

    public bool Json { get; init; }

    /// <summary>How the text is written; it has a seed.</summary>
    public TextOptions Options { get; init; } = new();

    /// <summary>The ids of the prompt with a model.</summary>
    /// <exception cref="WhorlException">There are none, or the model does not have one of them.</exception>
    public int[] PromptIdsFor(LanguageModel model) => PromptIds is null ? model.PromptIds(Prompt!, Options) : model.Check(PromptIds);
}
