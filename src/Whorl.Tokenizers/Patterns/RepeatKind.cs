namespace Whorl.Tokenizers.Patterns;

/// <summary>Whether a repetition takes as much as it can, as little, or as much without giving back.</summary>
internal enum RepeatKind
{
    Greedy,
    Lazy,
    Possessive,
}
