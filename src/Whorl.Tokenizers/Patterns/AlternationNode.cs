namespace Whorl.Tokenizers.Patterns;

/// <summary>Matches the first of its branches with which the rest matches too.</summary>
internal sealed record AlternationNode(IReadOnlyList<PatternNode> Branches) : PatternNode;
