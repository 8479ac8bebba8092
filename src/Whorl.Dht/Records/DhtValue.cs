namespace Whorl.Dht.Records;

/// <summary>What a look-up found.</summary>
/// <param name="Plain">A plain value's msgpack form; empty for a dictionary.</param>
/// <param name="Items">A dictionary's items that had not expired; null for a plain value.</param>
/// <param name="Expiration">Seconds of unix time; of a dictionary, its latest.</param>
public sealed record DhtValue(ReadOnlyMemory<byte> Plain, IReadOnlyDictionary<DhtSubkey, DhtItem>? Items, double Expiration);
