using Whorl.Dht.Kademlia;

namespace Whorl.Dht.Records;

/// <summary>The records of a node, or its cache of others' records, by hivemind's rules (storage.py). Not thread-safe.</summary>
/// <param name="now">The time in seconds of unix time.</param>
/// <param name="maxKeys">The most keys; the one that would expire first makes room.</param>
/// <param name="maxBytes">The most bytes of all values; where they are reached nothing new is taken.</param>
internal sealed class DhtStorage(Func<double> now, int maxKeys = DhtLimits.MaxStoredKeys, long maxBytes = DhtLimits.MaxStoredBytes)
{
    private readonly TimedStorage<DhtId, StoredValue> _records = new(now, maxKeys);
    private long _bytes;
    private double _countedAt = double.NegativeInfinity;

    /// <summary>The records that have not expired, as they are now.</summary>
    public IReadOnlyList<(DhtId Key, StoredValue Value, double Expiration)> Records => [.. _records.Items];

    /// <summary>Stores a plain value.</summary>
    /// <returns>False where it has expired, something that expires at the same time or later is there, or there is no room.</returns>
    public bool Store(DhtId key, ReadOnlyMemory<byte> value, double expiration) =>
        HasRoomFor(value.Length) && _records.Store(key, new StoredValue(value), expiration);

    /// <summary>
    /// Adds a value to the dictionary under a key. A plain value there makes way where it expires earlier, and wins otherwise.
    /// </summary>
    /// <returns>False where it was not taken.</returns>
    public bool Store(DhtId key, DhtSubkey subkey, ReadOnlyMemory<byte> value, double expiration)
    {
        if (!HasRoomFor(value.Length + subkey.Packed.Length))
        {
            return false;
        }

        bool exists = _records.TryGet(key, out StoredValue old, out double oldExpiration);
        if (exists && old.Dictionary is { } dictionary)
        {
            if (expiration > dictionary.LatestExpiration)
            {
                _records.Store(key, old, expiration);
            }

            return dictionary.Store(subkey, value, expiration);
        }

        if (exists && !(expiration > oldExpiration))
        {
            return false;
        }

        var created = new DictionaryValue(now);
        created.Store(subkey, value, expiration);
        return _records.Store(key, new StoredValue(created), expiration);
    }

    /// <summary>Stores a plain value or every item of a dictionary.</summary>
    /// <returns>Whether all was taken.</returns>
    public bool Store(DhtId key, StoredValue value, double expiration)
    {
        if (value.Dictionary is null)
        {
            return Store(key, value.Plain, expiration);
        }

        bool all = true;
        foreach ((DhtSubkey subkey, DhtItem item) in value.Dictionary.Items)
        {
            all &= Store(key, subkey, item.Value, item.Expiration);
        }

        return all;
    }

    /// <summary>The record under a key; a dictionary is the storage's own and may change.</summary>
    public bool TryGet(DhtId key, out StoredValue value, out double expiration) => _records.TryGet(key, out value, out expiration);

    /// <summary>
    /// Whether more bytes may come. Bytes are counted up as they come, and anew, at most once in a second, when they seem too many.
    /// </summary>
    private bool HasRoomFor(int bytes)
    {
        if (_bytes + bytes > maxBytes && now() >= _countedAt + 1)
        {
            _countedAt = now();
            _bytes = _records.Items.Sum(item => item.Value.Dictionary?.Bytes ?? item.Value.Plain.Length);
        }

        if (_bytes + bytes > maxBytes)
        {
            return false;
        }

        _bytes += bytes;
        return true;
    }
}
