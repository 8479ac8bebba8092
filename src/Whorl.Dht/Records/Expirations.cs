namespace Whorl.Dht.Records;

/// <summary>Which expirations are believed, of records that peers store here and of those that they answer with.</summary>
internal static class Expirations
{
    /// <summary>No time of this calendar's next three thousand years is beyond it: seconds of unix time.</summary>
    private const double Absurd = 1e11;

    /// <summary>Brings an expiration within <see cref="DhtLimits.MaxLifetime"/>.</summary>
    /// <param name="expiration">What a peer says: any bits.</param>
    /// <param name="now">Seconds of unix time.</param>
    /// <param name="clamped">The expiration, or the latest that is taken.</param>
    /// <returns>False for what is no time at all: not a number, infinite, negative, beyond every calendar.</returns>
    public static bool TryClamp(double expiration, double now, out double clamped)
    {
        clamped = Math.Min(expiration, now + DhtLimits.MaxLifetime.TotalSeconds);
        return expiration is >= 0 and <= Absurd; // false for NaN
    }
}
