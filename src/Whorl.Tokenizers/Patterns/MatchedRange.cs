namespace Whorl.Tokenizers.Patterns;

/// <summary>
/// A piece of a text, in UTF-16 units from <paramref name="Start"/> to before <paramref name="End"/>, and whether it
/// matched.
/// </summary>
internal readonly record struct MatchedRange(int Start, int End, bool IsMatch);
