using Whorl.Models;
using Whorl.P2P;
using Whorl.Swarm;

namespace Whorl.Client.Routing;

/// <summary>
/// Does something with each server of the fastest route, side by side. Where one fails, with those of the fastest route without it; where one takes
/// long, with those of such a route as well, and the first route that is complete is taken.
/// </summary>
/// <typeparam name="T">What it gives; disposed where it is not used.</typeparam>
internal sealed class RouteOpener<T>
    where T : class
{
    /// <summary>What is waited for before another way is tried beside it: longer than two round trips around the world.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(0.5);

    private readonly SwarmView _view;
    private readonly BlockRange _range;
    private readonly int _tokens;
    private readonly Func<RouteHop, CancellationToken, Task<T>> _act;
    private readonly Dictionary<PeerId, string> _failed = [];
    private readonly Dictionary<(PeerId Peer, BlockRange Range), Task<T>> _attempts = [];
    private readonly HashSet<PeerId> _slow = [];

    private RouteOpener(SwarmView view, BlockRange range, int tokens, Func<RouteHop, CancellationToken, Task<T>> act) =>
        (_view, _range, _tokens, _act) = (view, range, tokens, act);

    /// <summary>Does it.</summary>
    /// <returns>What each server of the route gave, in the order of the blocks.</returns>
    /// <exception cref="NoRouteException">No route is left.</exception>
    public static async Task<IReadOnlyList<T>> OpenAsync(
        SwarmView view,
        BlockRange range,
        int tokens,
        Func<RouteHop, CancellationToken, Task<T>> act,
        CancellationToken cancellationToken,
        IEnumerable<PeerId>? without = null)
    {
        RouteOpener<T> opener = new(view, range, tokens, act);
        foreach (PeerId peer in without ?? [])
        {
            opener._failed[peer] = $"{PeerId.Shorten(peer.ToString())} has just failed";
        }

        using CancellationTokenSource over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task<T>[] used = [];
        try
        {
            used = await opener.OpenAsync(over.Token);
            return await Task.WhenAll(used);
        }
        finally
        {
            opener.PassOver(used); // before they are let go: some end by that at once
            await over.CancelAsync();
            opener.Leave(used);
        }
    }

    private async Task<Task<T>[]> OpenAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            _slow.RemoveWhere(peer => _attempts.All(a => a.Key.Peer != peer || a.Value.IsCompleted));
            (IReadOnlyList<RouteHop> route, bool isLast) = await RouteAsync(cancellationToken);
            foreach (RouteHop hop in route.Where(hop => !_attempts.ContainsKey(Key(hop))))
            {
                _attempts.Add(Key(hop), ActAsync(hop, cancellationToken));
            }

            Task[] pending = [.. _attempts.Values.Where(t => !t.IsCompleted)]; // before it is looked whether all are there: none can end unseen between
            Task<T>[] tasks = [.. route.Select(hop => _attempts[Key(hop)])];
            if (tasks.All(t => t.IsCompletedSuccessfully))
            {
                return tasks;
            }

            bool isLong = await WaitAsync(pending, isLast ? Timeout.InfiniteTimeSpan : Patience, cancellationToken);
            if (await HasFailedAsync())
            {
                await _view.LookAroundAsync(_range, _failed, cancellationToken);
            }
            else if (isLong)
            {
                _slow.UnionWith(route.Select(Key).Where(key => !_attempts[key].IsCompleted).Select(key => key.Peer));
            }
        }
    }

    private static (PeerId Peer, BlockRange Range) Key(RouteHop hop) => (hop.Server.Peer, hop.Range);

    /// <summary>The fastest route without those that have failed, and without those that take long where there is one.</summary>
    private async Task<(IReadOnlyList<RouteHop> Route, bool IsLast)> RouteAsync(CancellationToken cancellationToken)
    {
        if (_slow.Count > 0)
        {
            Dictionary<PeerId, string> without = new(_failed);
            foreach (PeerId peer in _slow)
            {
                without[peer] = "";
            }

            try
            {
                return (await _view.FindFastestAsync(_range, _tokens, without, cancellationToken), false);
            }
            catch (NoRouteException)
            {
                return (await _view.FindFastestAsync(_range, _tokens, _failed, cancellationToken), true); // then they must be waited for
            }
        }

        return (await _view.FindFastestAsync(_range, _tokens, _failed, cancellationToken), false);
    }

    private async Task<T> ActAsync(RouteHop hop, CancellationToken cancellationToken)
    {
        await Task.Yield(); // no server's part in this thread keeps the next one waiting
        return await _act(hop, cancellationToken);
    }

    /// <summary>Until one of the pending attempts has ended, or for so long.</summary>
    /// <returns>Whether so long.</returns>
    private async Task<bool> WaitAsync(Task[] pending, TimeSpan patience, CancellationToken cancellationToken)
    {
        if (pending.Length == 0)
        {
            return false;
        }

        using CancellationTokenSource over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task patient = Task.Delay(patience, _view.Time, over.Token);
        Task ended = await Task.WhenAny([.. pending, patient]);
        await over.CancelAsync();
        cancellationToken.ThrowIfCancellationRequested();
        return ended == patient;
    }

    /// <summary>Notes who has failed; what is no server's fault is thrown.</summary>
    private async Task<bool> HasFailedAsync()
    {
        bool any = false;
        foreach (((PeerId peer, BlockRange range), Task<T> attempt) in _attempts.Where(a => a.Value.IsFaulted || a.Value.IsCanceled).ToArray())
        {
            _attempts.Remove((peer, range));
            try
            {
                await attempt;
            }
            catch (Exception e) when (Failures.IsOfServer(e))
            {
                _view.Failed(peer);
                _failed[peer] = SwarmSpan.Reason(peer, e);
                any = true;
            }
        }

        return any;
    }

    /// <summary>Remembers who has not answered while others have.</summary>
    private void PassOver(Task<T>[] used)
    {
        if (used.Length > 0)
        {
            foreach (((PeerId peer, _), _) in _attempts.Where(a => !a.Value.IsCompleted))
            {
                _view.Failed(peer);
            }
        }
    }

    /// <summary>Closes what was opened for nothing, now or when it comes.</summary>
    private void Leave(Task<T>[] used)
    {
        foreach (Task<T> attempt in _attempts.Values.Except(used))
        {
            _ = CloseAsync(attempt);
        }

        static async Task CloseAsync(Task<T> attempt)
        {
            await Task.WhenAny(attempt);
            if (attempt.IsCompletedSuccessfully && await attempt is IAsyncDisposable opened)
            {
                await opened.DisposeAsync();
            }

            _ = attempt.Exception; // seen
        }
    }
}
