namespace Whorl.Tokenizers;

/// <summary>
/// Where a token lies in the UTF-8 of its piece, in bytes from <paramref name="Start"/> to before <paramref name="End"/>.
/// </summary>
internal readonly record struct ByteSpan(int Start, int End);
