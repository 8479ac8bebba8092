namespace Whorl;

/// <summary>How far a prompt is read.</summary>
/// <param name="Tokens">Tokens computed, or held from an earlier text.</param>
/// <param name="Total">Tokens of the prompt.</param>
public readonly record struct PromptReading(int Tokens, int Total);
