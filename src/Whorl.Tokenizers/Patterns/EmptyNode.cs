namespace Whorl.Tokenizers.Patterns;

/// <summary>Matches the empty string.</summary>
internal sealed record EmptyNode : PatternNode;
