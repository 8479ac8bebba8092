namespace Whorl.Generation;

/// <summary>How a text is continued.</summary>
public sealed record GenerationOptions
{
    /// <summary>How tokens are chosen.</summary>
    public SamplingOptions Sampling { get; init; } = new();

    /// <summary>The most tokens to write.</summary>
    /// <value>Default 256.</value>
    public int MaxTokens { get; init; } = 256;

    /// <summary>Ids that end the text; they are not part of it.</summary>
    public IReadOnlyCollection<int> EndTokens { get; init; } = [];

    /// <summary>Strings that end the text; they are not part of it.</summary>
    public IReadOnlyList<string> StopStrings { get; init; } = [];
}
