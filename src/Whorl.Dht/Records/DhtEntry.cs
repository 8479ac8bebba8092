using Whorl.Dht.Kademlia;

namespace Whorl.Dht.Records;

/// <summary>Something to store.</summary>
/// <param name="Key">Where; of a string key <see cref="DhtId.OfKey"/>.</param>
/// <param name="Value">The value's msgpack form, at most <see cref="DhtLimits.MaxValueBytes"/>.</param>
/// <param name="Expiration">Seconds of unix time.</param>
/// <param name="Subkey">Where in the dictionary under the key; null for a plain value.</param>
public sealed record DhtEntry(DhtId Key, ReadOnlyMemory<byte> Value, double Expiration, DhtSubkey? Subkey = null);
