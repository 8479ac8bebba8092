using Whorl.Dht.Kademlia;
using Whorl.Dht.Protocol;
using Whorl.Dht.Records;
using Whorl.Dht.Validation;
using Whorl.P2P;

namespace Whorl.Dht;

/// <summary>Storing values on the nodes nearest to their keys.</summary>
public sealed partial class DhtNode
{
    /// <summary>Stores a value under a string key.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">The value's msgpack form.</param>
    /// <param name="expiration">Seconds of unix time.</param>
    /// <param name="subkey">Where in the dictionary under the key; null for a plain value.</param>
    /// <param name="cancellationToken">Gives up; some nodes may have stored it.</param>
    /// <returns>Whether a node took it; false where a later value is there, or no node answered.</returns>
    public async Task<bool> StoreAsync(
        string key, ReadOnlyMemory<byte> value, double expiration, DhtSubkey? subkey, CancellationToken cancellationToken) =>
        (await StoreManyAsync([new DhtEntry(DhtId.OfKey(key), value, expiration, subkey)], cancellationToken).ConfigureAwait(false))[0];

    /// <summary>Stores several values in one search, those of one key together.</summary>
    /// <param name="entries">What to store.</param>
    /// <param name="cancellationToken">Gives up; some nodes may have stored some of it.</param>
    /// <returns>For each entry whether a node took it.</returns>
    /// <exception cref="ArgumentException">A value is longer than <see cref="DhtLimits.MaxValueBytes"/>.</exception>
    public async Task<IReadOnlyList<bool>> StoreManyAsync(IReadOnlyList<DhtEntry> entries, CancellationToken cancellationToken) =>
        [.. (await StoreAllAsync(entries, cancellationToken).ConfigureAwait(false)).Select(outcome => outcome.Taken > 0)];

    /// <summary>Stores as <see cref="StoreManyAsync"/> does.</summary>
    /// <returns>For each entry how many nodes took it, and how many did not.</returns>
    internal async Task<IReadOnlyList<(int Taken, int Refused)>> StoreAllAsync(IReadOnlyList<DhtEntry> entries, CancellationToken cancellationToken)
    {
        if (entries.FirstOrDefault(entry => entry.Value.Length > DhtLimits.MaxValueBytes) is { } tooLong)
        {
            throw new ArgumentException(
                $"a value of {tooLong.Value.Length} bytes, at most {DhtLimits.MaxValueBytes} can be stored", nameof(entries));
        }

        Dictionary<DhtId, List<int>> indices =
            entries.Index().GroupBy(e => e.Item.Key, e => e.Index).ToDictionary(group => group.Key, group => group.ToList());
        (int Taken, int Refused)[] stored = new (int, int)[entries.Count];
        List<Task> storing = [];
        try
        {
            await SearchAsync(
                indices.Keys,
                (int)Math.Sqrt(indices.Count),
                (_, _, _, _) => { },
                (key, nearest) => storing.Add(
                    StoreKeyAsync(key, nearest, [.. indices[key].Select(i => Sign(entries[i]))], indices[key], stored, cancellationToken)),
                _ => false, // an owner has time, and a far node is as good a keeper
                cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            await Task.WhenAll(storing).ConfigureAwait(false);
        }

        return stored;
    }

    /// <summary>Stores the values of one key on the nearest nodes that take part, itself included, until there are enough.</summary>
    private async Task StoreKeyAsync(
        DhtId key,
        IReadOnlyList<(DhtId Id, PeerId Peer)> nearest,
        List<StoreItem> items,
        List<int> indices,
        (int Taken, int Refused)[] stored,
        CancellationToken cancellationToken)
    {
        IEnumerable<(DhtId Id, PeerId Peer)> self = _options.ClientMode ? [] : [(Id, PeerId)];
        Queue<(DhtId Id, PeerId Peer)> candidates = new(nearest.Concat(self).OrderBy(node => node.Id.DistanceTo(key)));
        List<Task<IReadOnlyList<bool>?>> pending = [];
        int answered = 0;
        try
        {
            while (answered < _options.Replicas && (candidates.Count > 0 || pending.Count > 0))
            {
                while (candidates.Count > 0 && answered + pending.Count < _options.Replicas)
                {
                    (DhtId id, PeerId peer) = candidates.Dequeue();
                    pending.Add(id == Id
                        ? Task.FromResult<IReadOnlyList<bool>?>(_protocol.Answer(new StoreRequest(null, items), null).Stored)
                        : _protocol.StoreAsync(peer, items, cancellationToken));
                }

                Task<IReadOnlyList<bool>?> done = await Task.WhenAny(pending).ConfigureAwait(false);
                pending.Remove(done);
                if (await done.ConfigureAwait(false) is { } taken)
                {
                    answered++;
                    for (int i = 0; i < indices.Count; i++)
                    {
                        stored[indices[i]] = taken[i] ? (stored[indices[i]].Taken + 1, stored[indices[i]].Refused) : (stored[indices[i]].Taken, stored[indices[i]].Refused + 1);
                    }
                }
            }
        }
        finally
        {
            await SettleAsync(pending).ConfigureAwait(false);
        }

        UpdateCache(key, items, [.. indices.Select(i => stored[i].Taken > 0)]);
    }

    private StoreItem Sign(DhtEntry entry)
    {
        ReadOnlyMemory<byte> tag = entry.Subkey?.Packed ?? StoreItem.PlainTag;
        ReadOnlyMemory<byte> value = _options.Validator is { } validator
            ? validator.Sign(new DhtRecord(entry.Key.ToBytes(), tag, entry.Value, entry.Expiration))
            : entry.Value;
        return new StoreItem(entry.Key, tag, value, entry.Expiration, InCache: false);
    }

    /// <summary>What was stored updates the cache; where others may have stored more, or later, the key is looked up anew.</summary>
    private void UpdateCache(DhtId key, List<StoreItem> items, IReadOnlyList<bool> stored)
    {
        if (!_options.CacheLocally)
        {
            return;
        }

        bool isDictionary = items.Exists(item => !item.IsPlain);
        bool lookUpAnew = _protocol.Locked((_, _, cache) =>
        {
            bool cached = cache.TryGet(key, out _, out double expiration);
            if (isDictionary && !cached)
            {
                return false;
            }

            for (int i = 0; i < items.Count; i++)
            {
                StoreItem item = items[i];
                if (stored[i] && item.IsPlain)
                {
                    cache.Store(key, item.Value, item.Expiration);
                }
                else if (stored[i])
                {
                    cache.Store(key, DhtSubkey.Parse(item.Tag.Span), item.Value, item.Expiration);
                }
            }

            return isDictionary || (cached && !stored.Contains(true) && expiration <= items.Max(item => item.Expiration));
        });
        if (lookUpAnew)
        {
            ScheduleRefresh(key, Now);
        }
    }
}
