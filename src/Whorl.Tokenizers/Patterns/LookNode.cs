namespace Whorl.Tokenizers.Patterns;

/// <summary>Looks ahead or behind without moving.</summary>
internal sealed record LookNode(PatternNode Body, bool Behind, bool Negative) : PatternNode;
