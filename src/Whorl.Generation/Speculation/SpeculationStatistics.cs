namespace Whorl.Generation.Speculation;

/// <summary>What speculation has come to.</summary>
/// <param name="Passes">Passes of the target model behind the prompt.</param>
/// <param name="Tokens">Tokens that they gave.</param>
/// <param name="Drafted">Guesses that were computed.</param>
/// <param name="Accepted">Those that came true.</param>
/// <param name="ByRoute">Guesses and passes by who made the guesses; <c>off</c> counts passes without any.</param>
public sealed record SpeculationStatistics(
    int Passes, int Tokens, int Drafted, int Accepted, IReadOnlyDictionary<string, SpeculationRoute> ByRoute)
{
    /// <summary>Tokens that a pass gave on average; 0 where there was none.</summary>
    public double TokensPerPass => Passes == 0 ? 0 : (double)Tokens / Passes;
}

/// <summary>What one way of guessing has come to.</summary>
/// <param name="Passes">Passes of the target model in which its guesses were computed.</param>
/// <param name="Drafted">Guesses that were computed.</param>
/// <param name="Accepted">Those that came true.</param>
public sealed record SpeculationRoute(int Passes, int Drafted, int Accepted);
