namespace Whorl.Tokenizers.Patterns;

/// <summary>Matches its body once and never tries it another way.</summary>
internal sealed record AtomicNode(PatternNode Body) : PatternNode;
