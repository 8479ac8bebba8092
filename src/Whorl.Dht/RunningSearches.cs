using System.Diagnostics.CodeAnalysis;
using Whorl.Dht.Kademlia;

namespace Whorl.Dht;

/// <summary>The searches under way, for others who want the same to wait for. Not thread-safe.</summary>
internal sealed class RunningSearches
{
    private readonly Dictionary<DhtId, List<(KeySearch Search, TaskCompletionSource<SearchOutcome?> Outcome)>> _byKey = [];

    public void Add(KeySearch search)
    {
        if (!_byKey.TryGetValue(search.Key, out List<(KeySearch, TaskCompletionSource<SearchOutcome?>)>? running))
        {
            _byKey[search.Key] = running = [];
        }

        running.Add((search, new TaskCompletionSource<SearchOutcome?>(TaskCreationOptions.RunContinuationsAsynchronously)));
    }

    /// <summary>Looks for a search for the same key that sees all holders where the given one must.</summary>
    /// <param name="wanted">What is to be searched for.</param>
    /// <param name="outcome">Its outcome to come; null where it is given up.</param>
    public bool TryFind(KeySearch wanted, [NotNullWhen(true)] out Task<SearchOutcome?>? outcome)
    {
        outcome = _byKey.TryGetValue(wanted.Key, out List<(KeySearch Search, TaskCompletionSource<SearchOutcome?> Outcome)>? running)
            ? running.Where(r => double.IsFinite(wanted.Sufficient) || double.IsPositiveInfinity(r.Search.Sufficient)).Select(r => r.Outcome.Task).FirstOrDefault()
            : null;
        return outcome is not null;
    }

    /// <summary>Tells who waits for a search; does nothing where that was done.</summary>
    public void End(KeySearch search, SearchOutcome? outcome)
    {
        if (_byKey.TryGetValue(search.Key, out List<(KeySearch Search, TaskCompletionSource<SearchOutcome?> Outcome)>? running)
            && running.FindIndex(r => r.Search == search) is >= 0 and int at)
        {
            running[at].Outcome.SetResult(outcome);
            running.RemoveAt(at);
            if (running.Count == 0)
            {
                _byKey.Remove(search.Key);
            }
        }
    }
}
