namespace Whorl.Tokenizers.Patterns;

/// <summary>Matches its body <paramref name="Min"/> to <paramref name="Max"/> times; -1 is no limit.</summary>
internal sealed record RepeatNode(PatternNode Body, int Min, int Max, RepeatKind Kind) : PatternNode;
