namespace Whorl.Models;

/// <summary>What a session asks of a span.</summary>
/// <param name="Range">Which of the span's blocks.</param>
/// <param name="MaxLength">
/// The most tokens that will be committed; memory is reserved for so many, and rotary variants that depend on length are fixed by it.
/// </param>
/// <param name="MaxScratch">The most scratch tokens at a time.</param>
public sealed record BlockSessionOptions(BlockRange Range, int MaxLength, int MaxScratch = 0);
