namespace Whorl.Formats;

/// <summary>A part of a model, fetched without the rest.</summary>
/// <param name="ModelPath">What to open: the (first) GGUF file where the model is such, else the folder.</param>
/// <param name="FetchedBytes">The bytes of weights that were fetched now, headers not counted.</param>
public sealed record HubPart(string ModelPath, long FetchedBytes);
