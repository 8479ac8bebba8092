namespace Whorl;

/// <summary>How far a model is loaded.</summary>
/// <param name="Model">What it is called.</param>
/// <param name="Blocks">How many blocks are loaded.</param>
/// <param name="Total">How many are to be loaded.</param>
public readonly record struct ModelLoading(string Model, int Blocks, int Total);
