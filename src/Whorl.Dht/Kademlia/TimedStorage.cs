using System.Diagnostics.CodeAnalysis;

namespace Whorl.Dht.Kademlia;

/// <summary>Values that expire. Of two values under a key the one that expires later wins. Not thread-safe.</summary>
/// <typeparam name="TKey">The keys.</typeparam>
/// <typeparam name="TValue">The values.</typeparam>
/// <param name="now">The time in seconds, of the same kind as the expirations.</param>
/// <param name="maxCount">
/// The most values; the one that would expire last makes room, the new one perhaps: whoever gives others' values a long life does not drive out those
/// that are renewed in time.
/// </param>
internal sealed class TimedStorage<TKey, TValue>(Func<double> now, int maxCount = int.MaxValue)
    where TKey : notnull
{
    private readonly Dictionary<TKey, (TValue Value, double Expiration)> _values = [];
    private readonly PriorityQueue<TKey, double> _byExpiration = new();
    private readonly PriorityQueue<TKey, double> _latestFirst = new(); // priority: minus the expiration; filled from the first time that one must go
    private bool _isRanked;

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
    /// <param name="key">Where.</param>
    /// <param name="value">What.</param>
    /// <param name="expiration">Until when.</param>
    /// <param name="evenIfEarlier">Whether it also replaces one that expires later.</param>
    /// <returns>False where it has expired, one that expires at the same time or later is there, or there is no room for one so late.</returns>
    public bool Store(TKey key, TValue value, double expiration, bool evenIfEarlier = false)
    {
        // Written so that NaN is refused.
        if (!(expiration >= now())
            || (!evenIfEarlier && _values.TryGetValue(key, out (TValue Value, double Expiration) old) && !(old.Expiration < expiration)))
        {
            return false;
        }

        _values[key] = (value, expiration);
        _byExpiration.Enqueue(key, expiration);
        if (_isRanked)
        {
            _latestFirst.Enqueue(key, -expiration);
        }

        RemoveExpired();
        while (_values.Count > maxCount)
        {
            TryRemoveLatest(double.NegativeInfinity, out _);
        }

        if (_byExpiration.Count > (2 * _values.Count) + 64)
        {
            Rebuild();
        }

        return _values.ContainsKey(key);
    }

    /// <summary>Removes the value that would expire last.</summary>
    /// <param name="after">Only one that expires later than this.</param>
    /// <param name="removed">The value.</param>
    /// <returns>Whether there was one.</returns>
    public bool TryRemoveLatest(double after, [MaybeNullWhen(false)] out TValue removed)
    {
        if (!_isRanked)
        {
            _isRanked = true;
            _latestFirst.EnqueueRange(_values.Select(item => (item.Key, -item.Value.Expiration)));
        }

        while (_latestFirst.TryPeek(out TKey? key, out double priority) && -priority > after)
        {
            _latestFirst.Dequeue();
            if (_values.TryGetValue(key, out (TValue Value, double Expiration) item) && item.Expiration == -priority)
            {
                _values.Remove(key);
                removed = item.Value;
                return true;
            }
        }

        removed = default;
        return false;
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
        while (_byExpiration.TryPeek(out TKey? key, out double expiration) && expiration < time)
        {
            _byExpiration.Dequeue();
            if (_values.TryGetValue(key, out (TValue Value, double Expiration) item) && item.Expiration == expiration)
            {
                _values.Remove(key);
            }
        }
    }

    /// <summary>Drops the queues' entries of values that were replaced.</summary>
    private void Rebuild()
    {
        _byExpiration.Clear();
        _byExpiration.EnqueueRange(_values.Select(item => (item.Key, item.Value.Expiration)));
        _latestFirst.Clear();
        _isRanked = false;
    }
}
