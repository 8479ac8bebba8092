namespace Whorl.Tokenizers.Patterns;

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
