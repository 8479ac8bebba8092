namespace Whorl.Models;

/// <summary>What a session asks of a span.</summary>
/// <param name="Range">Which of the span's blocks.</param>
/// <param name="MaxLength">
/// The most tokens that will be committed; memory is reserved for so many, and rotary variants that depend on length are fixed by it.
/// </param>
/// <param name="MaxScratch">The most scratch tokens at a time.</param>
public sealed record BlockSessionOptions(BlockRange Range, int MaxLength, int MaxScratch = 0)
{
    /// <summary>
    /// Who shares what a server computes of the text's beginning: all who give the same bytes, at most 32. Who shares it can find out by
    /// the time that a text takes whether somebody else had it computed.
    /// </summary>
    /// <value>Default empty: nobody but this node.</value>
    public ReadOnlyMemory<byte> PrefixScope { get; init; }
}
