namespace Whorl.Cli.Chaos;

/// <summary>What befalls which server, and when.</summary>
/// <param name="Kind">What.</param>
/// <param name="Server">Its number, from 0.</param>
/// <param name="Turn">In which turn of the generation, from 0.</param>
/// <param name="Token">After how many tokens of the turn; 0 while its prompt is computed, -1 before, while nothing is.</param>
/// <param name="Lasts">How long it lasts; of a kill and a leave, how long until the server is started again.</param>
internal readonly record struct ChaosEvent(ChaosKind Kind, int Server, int Turn, int Token, TimeSpan Lasts);
