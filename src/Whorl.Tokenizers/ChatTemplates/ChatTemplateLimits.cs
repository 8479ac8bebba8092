namespace Whorl.Tokenizers.ChatTemplates;

/// <summary>How much a template may use. Templates come with downloaded models, so they are not trusted to end or to stay small.</summary>
public sealed record ChatTemplateLimits
{
    /// <summary>The limits used where none are given.</summary>
    public static ChatTemplateLimits Default { get; } = new();

    /// <summary>The longest source that is parsed, in characters.</summary>
    /// <value>4 Mi</value>
    public int MaxSourceLength { get; init; } = 4 << 20;

    /// <summary>
    /// The longest text a rendering, or any one string of it, may have, in characters; also the most elements of one list.
    /// </summary>
    /// <value>16 Mi</value>
    public int MaxLength { get; init; } = 16 << 20;

    /// <summary>The most steps a rendering may take: a step is one expression, one turn of a loop, or eight characters made.</summary>
    /// <value>50 million, a few seconds</value>
    public long MaxSteps { get; init; } = 50_000_000;

    /// <summary>How deep macros and recursive loops may call each other.</summary>
    /// <value>300; Python's own recursion limit ends them at about this depth</value>
    public int MaxCallDepth { get; init; } = 300;
}
