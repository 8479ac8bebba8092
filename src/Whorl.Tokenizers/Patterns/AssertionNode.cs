namespace Whorl.Tokenizers.Patterns;

/// <summary>Holds or not at a position.</summary>
internal sealed record AssertionNode(AssertionKind Kind) : PatternNode;
