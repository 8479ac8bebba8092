using Whorl.Dht.Kademlia;

namespace Whorl.Dht.Records;

/// <summary>
/// The records of a node, or its cache of others' records, by hivemind's rules (storage.py) but for this: nothing lasts longer than
/// <see cref="DhtLimits.MaxLifetime"/>, a dictionary is never replaced by a plain value and always replaces one, and in a full storage those that last longest
/// make room. Not thread-safe.
/// </summary>
/// <param name="now">The time in seconds of unix time.</param>
/// <param name="maxKeys">The most keys.</param>
/// <param name="maxBytes">The most bytes of all values.</param>
internal sealed class DhtStorage(Func<double> now, int maxKeys = DhtLimits.MaxStoredKeys, long maxBytes = DhtLimits.MaxStoredBytes)
{
    private readonly TimedStorage<DhtId, StoredValue> _records = new(now, maxKeys);
    private long _bytes;
    private double _countedAt = double.NegativeInfinity;

    /// <summary>The number of records that have not expired.</summary>
    public int Count => _records.Count;

    /// <summary>The keys of the records that have not expired.</summary>
    public IReadOnlyList<DhtId> Keys => [.. _records.Items.Select(item => item.Key)];

    /// <summary>Stores a plain value.</summary>
    /// <returns>
    /// False where it has expired or its expiration is no time, something that expires at the same time or later or a dictionary is there, or there is no room.
    /// </returns>
    public bool Store(DhtId key, ReadOnlyMemory<byte> value, double expiration) =>
        Expirations.TryClamp(expiration, now(), out expiration)
        && !(_records.TryGet(key, out StoredValue old, out _) && old.Dictionary is { Count: > 0 })
        && MakeRoom(value.Length, expiration)
        && _records.Store(key, new StoredValue(value), expiration);

    /// <summary>Adds a value to the dictionary under a key; a plain value there makes way.</summary>
    /// <param name="key">The key.</param>
    /// <param name="subkey">The subkey.</param>
    /// <param name="value">What.</param>
    /// <param name="expiration">Until when.</param>
    /// <param name="rank">How far it is to be believed, where that is known.</param>
    /// <returns>False where it was not taken.</returns>
    public bool Store(DhtId key, DhtSubkey subkey, ReadOnlyMemory<byte> value, double expiration, RecordRank? rank = null)
    {
        if (!Expirations.TryClamp(expiration, now(), out expiration) || !(expiration >= now()) || !MakeRoom(value.Length + subkey.Packed.Length, expiration))
        {
            return false;
        }

        bool exists = _records.TryGet(key, out StoredValue old, out _) && old.Dictionary is not null;
        DictionaryValue dictionary = exists ? old.Dictionary! : new DictionaryValue(key, now);
        return dictionary.Store(subkey, value, expiration, rank)
            && (_records.Store(key, exists ? old : new StoredValue(dictionary), dictionary.LatestExpiration, evenIfEarlier: !exists) || exists);
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
    /// Makes room for more bytes by dropping records that expire later than they. Bytes are counted up as they come, and anew, at most once in a second,
    /// when they seem too many.
    /// </summary>
    private bool MakeRoom(int bytes, double expiration)
    {
        if (_bytes + bytes > maxBytes && now() >= _countedAt + 1)
        {
            _countedAt = now();
            _bytes = _records.Items.Sum(item => SizeOf(item.Value));
        }

        while (_bytes + bytes > maxBytes)
        {
            if (!_records.TryRemoveLatest(expiration, out StoredValue removed))
            {
                return false;
            }

            _bytes -= SizeOf(removed);
        }

        _bytes += bytes;
        return true;
    }

    private static long SizeOf(StoredValue value) => value.Dictionary?.Bytes ?? value.Plain.Length;
}
