using Whorl.Dht.Kademlia;
using Whorl.Dht.Protocol;
using Whorl.Dht.Records;
using Whorl.P2P;

namespace Whorl.Dht;

/// <summary>Finding values, and the nodes nearest to a key.</summary>
public sealed partial class DhtNode
{
    /// <summary>Who is slower than so many times the slowest answer to a search, and than this, is not waited for where the others have what is searched for.</summary>
    private const int SlowerThanOthers = 4;

    private static readonly TimeSpan LeastPatience = TimeSpan.FromMilliseconds(300);

    private readonly RunningSearches _running = new(); // guarded by _gate

    /// <summary>Finds the value of a key.</summary>
    /// <param name="key">The string that it was stored under.</param>
    /// <param name="latest">Whether all nodes that may hold it are asked and their answers merged; else the first value found will
    /// do.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Null where no node has one.</returns>
    public Task<DhtValue?> GetAsync(string key, bool latest, CancellationToken cancellationToken) =>
        GetAsync(DhtId.OfKey(key), latest, cancellationToken);

    /// <inheritdoc cref="GetAsync(string, bool, CancellationToken)"/>
    public async Task<DhtValue?> GetAsync(DhtId key, bool latest, CancellationToken cancellationToken) =>
        (await GetManyAsync([key], latest, cancellationToken).ConfigureAwait(false)).GetValueOrDefault(key);

    /// <summary>Finds the values of several keys in one search.</summary>
    /// <param name="keys">The keys.</param>
    /// <param name="latest">As for one.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The values found; keys without one are not in it.</returns>
    public async Task<IReadOnlyDictionary<DhtId, DhtValue>> GetManyAsync(
        IReadOnlyCollection<DhtId> keys, bool latest, CancellationToken cancellationToken)
    {
        double sufficient = latest ? double.PositiveInfinity : Now;
        (Dictionary<DhtId, DhtValue> found, _) =
            await LookUpAsync(keys, sufficient, isRefresh: false, cancellationToken).ConfigureAwait(false);
        return found;
    }

    internal async Task<(Dictionary<DhtId, DhtValue> Found, LookupStatistics Statistics)> LookUpAsync(
        IReadOnlyCollection<DhtId> keys, double sufficient, bool isRefresh, CancellationToken cancellationToken)
    {
        Dictionary<DhtId, KeySearch> searches = keys.Distinct().ToDictionary(key => key, key => new KeySearch(key, sufficient));
        _protocol.Locked((_, storage, cache) =>
        {
            foreach (KeySearch search in searches.Values)
            {
                AddLocal(search, storage);
                if (!isRefresh)
                {
                    AddLocal(search, cache);
                }
            }

            return true;
        });

        KeySearch[] open = [.. searches.Values.Where(search => !search.IsSufficient)];
        LookupStatistics statistics = await SharedAsync(open, isRefresh, cancellationToken).ConfigureAwait(false);
        if (!isRefresh)
        {
            ScheduleRefresh(searches.Values);
        }

        Dictionary<DhtId, DhtValue> found = [];
        foreach (KeySearch search in searches.Values)
        {
            if (search.ToResult(_options.Validator) is { } value)
            {
                found[search.Key] = value;
            }
        }

        return (found, statistics);
    }

    /// <summary>Completes searches: those that others have under way by waiting for these, the rest by asking around.</summary>
    private async Task<LookupStatistics> SharedAsync(IReadOnlyCollection<KeySearch> searches, bool isRefresh, CancellationToken cancellationToken)
    {
        List<KeySearch> own = [];
        List<(KeySearch Search, Task<SearchOutcome?> Outcome)> joined = [];
        lock (_gate)
        {
            foreach (KeySearch search in searches)
            {
                if (_options.ReuseGetRequests && !isRefresh && _running.TryFind(search, out Task<SearchOutcome?>? outcome))
                {
                    joined.Add((search, outcome));
                }
                else
                {
                    own.Add(search);
                    _running.Add(search);
                }
            }
        }

        LookupStatistics statistics = await OwnAsync(own, isRefresh, cancellationToken).ConfigureAwait(false);
        List<KeySearch> left = [];
        foreach ((KeySearch search, Task<SearchOutcome?> outcome) in joined)
        {
            SearchOutcome? shared = await outcome.WaitAsync(cancellationToken).ConfigureAwait(false);
            if (shared is null || !TakeOver(search, shared))
            {
                left.Add(search);
            }
        }

        if (left.Count == 0)
        {
            return statistics;
        }

        LookupStatistics further = await SharedAsync(left, isRefresh, cancellationToken).ConfigureAwait(false);
        return new LookupStatistics(statistics.Calls + further.Calls, statistics.RoundTrips + further.RoundTrips);
    }

    private async Task<LookupStatistics> OwnAsync(IReadOnlyCollection<KeySearch> searches, bool isRefresh, CancellationToken cancellationToken)
    {
        Dictionary<DhtId, KeySearch> byKey = searches.ToDictionary(search => search.Key);
        try
        {
            return await SearchAsync(
                byKey.Keys,
                Math.Min((int)Math.Sqrt(byKey.Count), _options.ChunkSize),
                (search, source, key, result) =>
                {
                    KeySearch state = byKey[key];
                    if (_protocol.ReadValue(key, result, source.Peer) is { } value)
                    {
                        state.Add(value.Value, value.Expiration, source.Id);
                        if (state.IsSufficient)
                        {
                            search.Stop(key);
                        }
                    }
                },
                (key, nearest) =>
                {
                    End(byKey[key], byKey[key].Outcome);
                    CacheResult(byKey[key], nearest, isRefresh);
                },
                key => byKey[key].IsFound,
                cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            foreach (KeySearch search in searches)
            {
                End(search, null); // of those that were given up
            }
        }
    }

    private bool TakeOver(KeySearch search, SearchOutcome shared)
    {
        lock (_gate) // others who waited read the same value, and reading drops what has expired
        {
            return search.TryTake(shared);
        }
    }

    /// <summary>Tells those who wait for a search how it ended; null where it was given up. The first word counts.</summary>
    private void End(KeySearch search, SearchOutcome? outcome)
    {
        lock (_gate)
        {
            _running.End(search, outcome);
        }
    }

    /// <summary>The nodes nearest to each target, this one left out, nearest first.</summary>
    private async Task<Dictionary<DhtId, IReadOnlyList<(DhtId Id, PeerId Peer)>>> FindNearestAsync(
        IReadOnlyCollection<DhtId> targets, CancellationToken cancellationToken)
    {
        Dictionary<DhtId, IReadOnlyList<(DhtId Id, PeerId Peer)>> found = [];
        await SearchAsync(
            targets,
            (int)Math.Sqrt(targets.Count),
            (_, _, _, _) => { },
            (target, nearest) => found[target] = nearest,
            _ => true,
            cancellationToken).ConfigureAwait(false);
        return found;
    }

    /// <summary>
    /// Runs a search: asks as it says, several at once. Those that are slow where others have answered are left out, and what is under way when it is finished
    /// ends in the background: who does not answer then is noted all the same.
    /// </summary>
    /// <param name="targets">What to search for.</param>
    /// <param name="targetsPerStep">How many targets one question may be for.</param>
    /// <param name="onResult">Gets every answer, and may stop the search for its target.</param>
    /// <param name="onFinished">Gets each target once it is done, with the nearest nodes.</param>
    /// <param name="isFound">Whether there is something to go on with for a target, so that nobody who is slow is waited for.</param>
    /// <param name="cancellationToken">Gives up.</param>
    private async Task<LookupStatistics> SearchAsync(
        IReadOnlyCollection<DhtId> targets,
        int targetsPerStep,
        Action<BeamSearch, (DhtId Id, PeerId Peer), DhtId, FindResult> onResult,
        Action<DhtId, IReadOnlyList<(DhtId Id, PeerId Peer)>> onFinished,
        Func<DhtId, bool> isFound,
        CancellationToken cancellationToken)
    {
        Dictionary<DhtId, PeerId> peers = NearestKnown(targets);
        BeamSearch search = new(targets, peers.Keys, Id, _options.BucketSize, targetsPerStep);
        CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        // A list, as two failed calls may be one and the same task.
        List<(Task<IReadOnlyList<FindResult>?> Call, BeamStep Step, int RoundTrip, long Asked)> active = [];
        List<Task> late = [];
        TimeSpan? slowest = null;
        int calls = 0;
        int roundTrips = 0;
        try
        {
            while (true)
            {
                while (!search.IsFinished && active.Count < _options.Workers && search.TryTake(out BeamStep? step))
                {
                    if (IsBanned(peers[step.Node]))
                    {
                        search.Report(step, null);
                        continue;
                    }

                    active.Add((_protocol.FindAsync(peers[step.Node], step.Targets, stop.Token), step, roundTrips + 1, _time.GetTimestamp()));
                    calls++;
                }

                while (search.TryTakeFinished(out DhtId target))
                {
                    onFinished(target, [.. search.Nearest(target).Select(node => (node, peers[node]))]);
                }

                if (search.IsFinished || active.Count == 0)
                {
                    return new LookupStatistics(calls, roundTrips);
                }

                TimeSpan? patience = slowest is { } longest && search.Open.All(isFound)
                    ? Longer(SlowerThanOthers * longest, LeastPatience) - _time.GetElapsedTime(active.Max(asked => asked.Asked))
                    : null;
                if (!await AnyAsync(active.Select(asked => asked.Call), patience, cancellationToken).ConfigureAwait(false))
                {
                    foreach ((Task<IReadOnlyList<FindResult>?> slow, BeamStep step, _, _) in active)
                    {
                        late.Add(NoteAsync(slow, peers[step.Node]));
                        search.Report(step, null);
                    }

                    active.Clear();
                    continue;
                }

                int first = active.FindIndex(asked => asked.Call.IsCompleted);
                (Task<IReadOnlyList<FindResult>?> call, BeamStep answered, int roundTrip, long sent) = active[first];
                active.RemoveAt(first);
                roundTrips = Math.Max(roundTrips, roundTrip);
                IReadOnlyList<FindResult>? results = await call.ConfigureAwait(false);
                slowest = results is null ? slowest : Longer(slowest ?? TimeSpan.Zero, _time.GetElapsedTime(sent));
                TakeAnswer(search, answered, results, peers, onResult);
            }
        }
        finally
        {
            if (late.Count == 0)
            {
                await stop.CancelAsync().ConfigureAwait(false);
                await SettleAsync(active.Select(asked => asked.Call)).ConfigureAwait(false);
                stop.Dispose();
            }
            else
            {
                late.AddRange(active.Select(asked => asked.Call));
                _background.Run(token => EndAsync(late, stop, token));
            }
        }
    }

    private static TimeSpan Longer(TimeSpan one, TimeSpan other) => one > other ? one : other;

    /// <summary>Waits for one of several calls, for so long where a patience is given.</summary>
    /// <returns>Whether one has ended.</returns>
    private async Task<bool> AnyAsync(IEnumerable<Task> calls, TimeSpan? patience, CancellationToken cancellationToken)
    {
        if (patience is null)
        {
            await Task.WhenAny(calls).ConfigureAwait(false);
            return true;
        }

        List<Task> waited = [.. calls];
        using CancellationTokenSource over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task delay = patience > TimeSpan.Zero ? Task.Delay(patience.Value, _time, over.Token) : Task.CompletedTask;
        waited.Add(delay);
        Task ended = await Task.WhenAny(waited).ConfigureAwait(false);
        await over.CancelAsync().ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        return ended != delay;
    }

    /// <summary>Notes whether a node that was not waited for answers at all.</summary>
    private async Task NoteAsync(Task<IReadOnlyList<FindResult>?> call, PeerId peer)
    {
        if (await call.ConfigureAwait(false) is null)
        {
            lock (_gate)
            {
                _blacklist.RegisterFailure(peer);
            }
        }
    }

    /// <summary>Waits for the end of calls whose outcome no longer matters.</summary>
    private static Task<AggregateException?> SettleAsync(IEnumerable<Task> calls) =>
        Task.WhenAll(calls).ContinueWith(
            static all => all.Exception, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);

    private void TakeAnswer(
        BeamSearch search,
        BeamStep step,
        IReadOnlyList<FindResult>? results,
        Dictionary<DhtId, PeerId> peers,
        Action<BeamSearch, (DhtId Id, PeerId Peer), DhtId, FindResult> onResult)
    {
        PeerId peer = peers[step.Node];
        Dictionary<DhtId, IReadOnlyList<DhtId>>? neighbours = null;
        lock (_gate)
        {
            if (results is null)
            {
                _blacklist.RegisterFailure(peer);
            }
            else
            {
                _blacklist.RegisterSuccess(peer);
                neighbours = [];
                for (int i = 0; i < results.Count; i++)
                {
                    List<(DhtId Id, PeerId Peer)> named =
                        [.. results[i].Nearest.Where(node => node.Peer != PeerId && !_blacklist.Contains(node.Peer))];
                    named.ForEach(node => peers.TryAdd(node.Id, node.Peer));
                    neighbours[step.Targets[i]] = [.. named.Select(node => node.Id)];
                }
            }
        }

        search.Report(step, neighbours);
        for (int i = 0; i < (results?.Count ?? 0); i++)
        {
            onResult(search, (step.Node, peer), step.Targets[i], results![i]);
        }
    }

    private Dictionary<DhtId, PeerId> NearestKnown(IReadOnlyCollection<DhtId> targets)
    {
        Dictionary<DhtId, PeerId> peers = [];
        foreach (DhtId target in targets)
        {
            foreach ((DhtId id, PeerId peer) in _protocol.Locked((table, _, _) => table.Nearest(target, _options.BucketSize)))
            {
                peers[id] = peer;
            }
        }

        return peers;
    }

    private bool IsBanned(PeerId peer)
    {
        lock (_gate)
        {
            return _blacklist.Contains(peer);
        }
    }

    private void AddLocal(KeySearch search, DhtStorage storage)
    {
        if (storage.TryGet(search.Key, out StoredValue value, out double expiration))
        {
            search.Add(value, expiration, Id);
        }
    }
}
