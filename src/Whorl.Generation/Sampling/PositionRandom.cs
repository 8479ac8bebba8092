namespace Whorl.Generation;

/// <summary>
/// Random numbers that depend on a seed and a position and on nothing else, so that a text does not depend on how it was computed.
/// </summary>
/// <remarks>Two rounds of SplitMix64's finaliser over seed and position. Source: Steele, Lea, Flood, OOPSLA 2014.</remarks>
public static class PositionRandom
{
    /// <summary>A number in [0, 1), a multiple of 2^-53.</summary>
    /// <param name="seed">The text's seed.</param>
    /// <param name="position">The position of the token that is drawn.</param>
    public static double Uniform(ulong seed, int position) =>
        (Mix(Mix(seed + 0x9E3779B97F4A7C15) ^ ((ulong)(uint)position * 0xD1B54A32D192ED03)) >> 11) * (1.0 / (1L << 53));

    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
