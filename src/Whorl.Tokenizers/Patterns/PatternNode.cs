using Whorl.Tokenizers.Unicode;

namespace Whorl.Tokenizers.Patterns;

/// <summary>A parsed regular expression.</summary>
internal abstract record PatternNode;

/// <summary>Matches the empty string.</summary>
internal sealed record EmptyNode : PatternNode;

/// <summary>Matches one code point of a set.</summary>
internal sealed record SetNode(CodePointSet Set) : PatternNode;

/// <summary>Matches its parts one after another.</summary>
internal sealed record SequenceNode(IReadOnlyList<PatternNode> Parts) : PatternNode;

/// <summary>Matches the first of its branches with which the rest matches too.</summary>
internal sealed record AlternationNode(IReadOnlyList<PatternNode> Branches) : PatternNode;

/// <summary>Matches its body <paramref name="Min"/> to <paramref name="Max"/> times; -1 is no limit.</summary>
internal sealed record RepeatNode(PatternNode Body, int Min, int Max, RepeatKind Kind) : PatternNode;

/// <summary>Matches its body once and never tries it another way.</summary>
internal sealed record AtomicNode(PatternNode Body) : PatternNode;

/// <summary>Looks ahead or behind without moving.</summary>
internal sealed record LookNode(PatternNode Body, bool Behind, bool Negative) : PatternNode;

/// <summary>Holds or not at a position.</summary>
internal sealed record AssertionNode(AssertionKind Kind) : PatternNode;

/// <summary>Whether a repetition takes as much as it can, as little, or as much without giving back.</summary>
internal enum RepeatKind
{
    Greedy,
    Lazy,
    Possessive,
}

/// <summary>The positions a pattern can ask for.</summary>
internal enum AssertionKind
{
    TextStart,
    TextEnd,
    TextEndOrLastNewline,
    LineStart,
    LineEnd,
    WordBoundary,
    NotWordBoundary,
}
