namespace Whorl.Dht.Records;

/// <summary>A value and when it ends.</summary>
/// <param name="Value">The value's own msgpack form.</param>
/// <param name="Expiration">Seconds of unix time.</param>
public readonly record struct DhtItem(ReadOnlyMemory<byte> Value, double Expiration);
