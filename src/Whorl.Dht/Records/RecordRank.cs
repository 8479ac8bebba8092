namespace Whorl.Dht.Records;

/// <summary>How far a dictionary's item is to be believed; of two items under a subkey the higher rank wins, of equals the later expiration.</summary>
/// <param name="Level">
/// <see cref="Hearsay"/>, <see cref="Direct"/>, or the number of an announcement that the peer named by the subkey has signed: always higher than these.
/// </param>
/// <param name="Until">Seconds of unix time until which it is valid at most: what was signed.</param>
internal readonly record struct RecordRank(long Level, double Until)
{
    /// <summary>From somebody who need not be the one that the subkey names.</summary>
    public static readonly RecordRank Hearsay = new(0, double.PositiveInfinity);

    /// <summary>Over a connection on which the peer named by the subkey has proved to be itself.</summary>
    public static readonly RecordRank Direct = new(1, double.PositiveInfinity);
}
