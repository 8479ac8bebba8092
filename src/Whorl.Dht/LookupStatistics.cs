namespace Whorl.Dht;

/// <summary>What a look-up cost.</summary>
/// <param name="Calls">Questions asked.</param>
/// <param name="RoundTrips">The longest chain of questions each of which was asked only after the one before was answered.</param>
internal readonly record struct LookupStatistics(int Calls, int RoundTrips);
