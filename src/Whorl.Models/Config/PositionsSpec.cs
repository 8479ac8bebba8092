namespace Whorl.Models;

/// <summary>A table of learned positions (role <c>positions</c>), added to the embeddings.</summary>
/// <param name="Count">Positions there are; texts cannot be longer.</param>
/// <param name="Offset">Rows of the table before position 0's.</param>
public sealed record PositionsSpec(int Count, int Offset = 0);
