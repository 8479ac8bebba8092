namespace Whorl.Tokenizers;

/// <summary>Where a token lies in its text, in code points (not UTF-16 units).</summary>
/// <param name="Start">Its first code point; 0 for special tokens that were added.</param>
/// <param name="End">One past its last code point; 0 for special tokens that were added.</param>
public readonly record struct TokenOffset(int Start, int End);
