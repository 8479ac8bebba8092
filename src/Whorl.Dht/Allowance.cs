namespace Whorl.Dht;

/// <summary>Shares something out by key: each key's allowance grows with time up to a most, and is used up by what it takes. Safe for many threads.</summary>
/// <typeparam name="TKey">Whom to share among.</typeparam>
/// <param name="most">What one key may take at once.</param>
/// <param name="perSecond">What it gains in a second.</param>
/// <param name="time">The clock.</param>
internal sealed class Allowance<TKey>(double most, double perSecond, TimeProvider time)
    where TKey : notnull
{
    /// <summary>So many keys are told apart; those that took nothing lately are forgotten first, and beyond that all new ones share one allowance.</summary>
    private const int MaxKeys = 8192;

    private readonly Lock _gate = new();
    private readonly Dictionary<TKey, (double Left, long At)> _used = [];
    private (double Left, long At) _others = (most, time.GetTimestamp());

    /// <summary>Takes some.</summary>
    /// <param name="key">Whose.</param>
    /// <param name="cost">How much; above the most it is never to be had.</param>
    /// <returns>False where too little is left; nothing was taken then.</returns>
    public bool TryTake(TKey key, double cost)
    {
        lock (_gate)
        {
            bool known = _used.TryGetValue(key, out (double Left, long At) entry);
            if (!known && _used.Count >= MaxKeys)
            {
                foreach (TKey idle in _used.Where(used => Left(used.Value) >= most).Select(used => used.Key).ToArray())
                {
                    _used.Remove(idle);
                }
            }

            bool isShared = !known && _used.Count >= MaxKeys;
            double left = isShared ? Left(_others) : known ? Left(entry) : most;
            if (!(cost <= left))
            {
                return false;
            }

            (double, long) now = (left - cost, time.GetTimestamp());
            if (isShared)
            {
                _others = now;
            }
            else
            {
                _used[key] = now;
            }

            return true;
        }
    }

    private double Left((double Left, long At) entry) => Math.Min(most, entry.Left + (perSecond * time.GetElapsedTime(entry.At).TotalSeconds));
}
