using System.Diagnostics.CodeAnalysis;

namespace Whorl.Dht.Kademlia;

/// <summary>Values that expire. Of two values under a key the one that expires later wins. Not thread-safe.</summary>
/// <typeparam name="TKey">The keys.</typeparam>
/// <typeparam name="TValue">The values.</typeparam>
/// <param name="now">The time in seconds, of the same kind as the expirations.</param>
/// <param name="maxCount">The most values; the one that would expire first makes room.</param>
internal sealed class TimedStorage<TKey, TValue>(Func<double> now, int maxCount = int.MaxValue)
    where TKey : notnull
{
    private readonly Dictionary<TKey, (TValue Value, double Expiration)> _values = [];
    private readonly PriorityQueue<TKey, double> _byExpiration = new();

    /// <summary>The number of values that have not expired.</summary>
    public int Count
    {
        get
        {
            RemoveExpired();
            return _values.Count;
        }
    }

    /// <summary>The values that have not expired; not to be changed while enumerated.</summary>
    public IEnumerable<(TKey Key, TValue Value, double Expiration)> Items
    {
        get
        {
            RemoveExpired();
            return _values.Select(item => (item.Key, item.Value.Value, item.Value.Expiration));
        }
    }

    /// <summary>Stores a value.</summary>
    /// <returns>False where it has expired, or one that expires at the same time or later is there.</returns>
    public bool Store(TKey key, TValue value, double expiration)
    {
        // Written so that NaN is refused.
        if (!(expiration >= now())
            || (_values.TryGetValue(key, out (TValue Value, double Expiration) old) && !(old.Expiration < expiration)))
        {
            return false;
        }

        _values[key] = (value, expiration);
        _byExpiration.Enqueue(key, expiration);
        RemoveExpired();
        if (_byExpiration.Count > (2 * _values.Count) + 64)
        {
            Rebuild();
        }

        return true;
    }

    /// <summary>The value under a key.</summary>
    public bool TryGet(TKey key, [MaybeNullWhen(false)] out TValue value, out double expiration)
    {
        RemoveExpired();
        bool found = _values.TryGetValue(key, out (TValue Value, double Expiration) item);
        (value, expiration) = item;
        return found;
    }

    /// <summary>Whether there is a value under a key.</summary>
    public bool Contains(TKey key) => TryGet(key, out _, out _);

    /// <summary>Removes a value.</summary>
    public void Remove(TKey key) => _values.Remove(key);

    private void RemoveExpired()
    {
        double time = now();
        while (_byExpiration.TryPeek(out TKey? key, out double expiration) && (expiration < time || _values.Count > maxCount))
        {
            _byExpiration.Dequeue();
            if (_values.TryGetValue(key, out (TValue Value, double Expiration) item) && item.Expiration == expiration)
            {
                _values.Remove(key);
            }
        }
    }

    /// <summary>Drops the queue's entries of values that were replaced.</summary>
    private void Rebuild()
    {
        _byExpiration.Clear();
        _byExpiration.EnqueueRange(_values.Select(item => (item.Key, item.Value.Expiration)));
    }
}
