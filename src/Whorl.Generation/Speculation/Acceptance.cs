namespace Whorl.Generation.Speculation;

/// <summary>How often a kind of guess comes true: what was seen lately, and a first guess that counts as a few times.</summary>
/// <param name="first">The first guess, 0 to 1.</param>
internal sealed class Acceptance(double first)
{
    private const double Memory = 0.98; // what lies 50 guesses back counts a third
    private double _true = 2 * first;
    private double _all = 2;

    /// <summary>The share that comes true.</summary>
    public double Share => _true / _all;

    public void Count(bool isTrue) => (_true, _all) = ((Memory * _true) + (isTrue ? 1 : 0), (Memory * _all) + 1);
}
