namespace Whorl.Tokenizers.Patterns;

/// <summary>Matches its parts one after another.</summary>
internal sealed record SequenceNode(IReadOnlyList<PatternNode> Parts) : PatternNode;
