namespace Whorl;

/// <summary>A part of a model that was fetched without the rest.</summary>
/// <param name="Id">The model, <c>org/name</c>.</param>
/// <param name="Commit">Its commit.</param>
/// <param name="Part">Which part, as <c>blocks 0..3</c> or <c>ends</c>.</param>
/// <param name="Files">How many files it has.</param>
/// <param name="Size">Their bytes.</param>
/// <param name="IsWhole">Whether nothing of it is missing.</param>
internal sealed record StoredPart(string Id, string Commit, string Part, int Files, long Size, bool IsWhole);
