namespace Whorl.Cli.Chaos;

/// <summary>A turn of a generation.</summary>
/// <param name="Prompt">Ids that are put in, at least one.</param>
/// <param name="Tokens">How many are written then.</param>
internal sealed record ChaosTurn(IReadOnlyList<int> Prompt, int Tokens);
