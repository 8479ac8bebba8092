using Whorl.Dht.Kademlia;
using Whorl.Dht.Protocol;
using Whorl.Dht.Records;
using Whorl.P2P;

namespace Whorl.Dht;

/// <summary>Keeping values that were found, and looking them up anew before they expire.</summary>
public sealed partial class DhtNode
{
    private readonly PriorityQueue<DhtId, double> _toRefresh = new(); // guarded by _gate

    /// <summary>Keeps a found value here, and on the nearest nodes but the one it came from.</summary>
    private void CacheResult(KeySearch search, IReadOnlyList<(DhtId Id, PeerId Peer)> nearest, bool isRefresh)
    {
        if (search.Value is not { } value)
        {
            return;
        }

        bool isNews = _protocol.Locked((table, storage, cache) =>
        {
            bool known = (storage.TryGet(search.Key, out _, out double stored) && stored >= search.Expiration)
                || (cache.TryGet(search.Key, out _, out double cached) && cached >= search.Expiration);
            if (!known && (_options.CacheLocally || isRefresh))
            {
                cache.Store(search.Key, value.Copy(), search.Expiration);
            }

            return !known;
        });
        if (!isNews)
        {
            return;
        }

        ReadOnlyMemory<byte> tag = value.Dictionary is null ? StoreItem.PlainTag : default(ReadOnlyMemory<byte>);
        StoreItem item = new(search.Key, tag, value.ToBytes(), search.Expiration, InCache: true);
        foreach ((DhtId _, PeerId peer) in nearest.Where(node => node.Id != search.Source).Take(_options.CacheNearest))
        {
            _background.Run(token => _protocol.StoreAsync(peer, [item], token));
        }
    }

    /// <summary>Cached values that were used are looked up anew shortly before they expire.</summary>
    private void ScheduleRefresh(IEnumerable<KeySearch> searches)
    {
        foreach (KeySearch search in searches.Where(search => search.Source == Id && double.IsFinite(search.Expiration)))
        {
            if (_protocol.Locked((_, _, cache) => cache.TryGet(search.Key, out _, out _)))
            {
                ScheduleRefresh(search.Key, search.Expiration - _options.CacheRefreshBeforeExpiry.TotalSeconds);
            }
        }
    }

    private void ScheduleRefresh(DhtId key, double at)
    {
        lock (_gate)
        {
            if (_toRefresh.Count < DhtLimits.MaxCachedKeys)
            {
                _toRefresh.Enqueue(key, at);
                SetCacheTimer_NeedsLock();
            }
        }
    }

    private void SetCacheTimer_NeedsLock()
    {
        if (_toRefresh.TryPeek(out _, out double at))
        {
            _cacheTimer.Change(TimeSpan.FromSeconds(Math.Clamp(at - Now, 0, int.MaxValue / 1000)), Timeout.InfiniteTimeSpan);
        }
    }

    private async Task RefreshCacheAsync(CancellationToken cancellationToken)
    {
        List<DhtId> due = [];
        double latest = Now;
        lock (_gate)
        {
            while (due.Count < _options.ChunkSize && _toRefresh.TryPeek(out DhtId key, out double at) && at <= Now)
            {
                _toRefresh.Dequeue();
                if (!due.Contains(key))
                {
                    due.Add(key);
                }
            }

            SetCacheTimer_NeedsLock();
        }

        if (due.Count > 0)
        {
            foreach (DhtId key in due)
            {
                double cached = _protocol.Locked((_, _, cache) => cache.TryGet(key, out _, out double expiration) ? expiration : 0);
                latest = Math.Max(latest, cached);
            }

            double sufficient = latest + _options.CacheRefreshBeforeExpiry.TotalSeconds + 1;
            await LookUpAsync(due, sufficient, isRefresh: true, cancellationToken).ConfigureAwait(false);
        }
    }
}
