namespace Whorl.Tokenizers.Patterns;

/// <summary>What an instruction of <see cref="PatternMatcher"/> does.</summary>
internal enum PatternOp
{
    Match,
    Set,
    SetLoop,
    PossessiveSetLoop,
    Split,
    Jump,
    Atomic,
    Ahead,
    NotAhead,
    Behind,
    NotBehind,
    Assert,
    Remember,
    LeaveIfEmpty,
}
