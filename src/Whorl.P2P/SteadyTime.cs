namespace Whorl.P2P;

/// <summary>A time that only goes forward, however the wall clock is set: for whatever is compared with itself and never told to others.</summary>
internal static class SteadyTime
{
    /// <summary>The time since some moment, as a date of the years after 1970 that means nothing to others.</summary>
    public static DateTimeOffset GetSteadyNow(this TimeProvider time) => DateTimeOffset.UnixEpoch + time.GetElapsedTime(0);
}
