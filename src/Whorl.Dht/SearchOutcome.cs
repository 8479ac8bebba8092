using Whorl.Dht.Kademlia;
using Whorl.Dht.Records;

namespace Whorl.Dht;

/// <summary>How the search for a key ended.</summary>
/// <param name="Value">A value that nobody else changes; null where there is none.</param>
/// <param name="Expiration">When the value expires.</param>
/// <param name="Source">Which node gave it.</param>
/// <param name="Sufficient">The search might stop at a value that expires then or later.</param>
internal sealed record SearchOutcome(StoredValue? Value, double Expiration, DhtId? Source, double Sufficient);
