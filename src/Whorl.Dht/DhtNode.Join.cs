using Whorl.Dht.Kademlia;
using Whorl.Dht.Protocol;
using Whorl.P2P;

namespace Whorl.Dht;

/// <summary>Joining, and coming back where the swarm has lost this node or this node the swarm.</summary>
public sealed partial class DhtNode
{
    /// <summary>Once one initial peer has taken this node in, the others have so long to do so too; then they go on in the background.</summary>
    private static readonly TimeSpan Courtesy = TimeSpan.FromMilliseconds(200);

    private readonly Dictionary<PeerId, DhtId?> _initial = []; // under which id each was there last; guarded by _gate
    private readonly Queue<PeerId> _remembered = new(); // the last nodes met, for when the table is empty; guarded by _gate
    private IReadOnlyList<PeerAddress> _initialPeers = [];
    private ITimer? _rejoinTimer;

    private async Task JoinAsync(IReadOnlyList<PeerAddress> initialPeers, CancellationToken cancellationToken)
    {
        if (initialPeers.Count == 0)
        {
            return;
        }

        _initialPeers = initialPeers;
        foreach (PeerAddress peer in initialPeers)
        {
            _initial[peer.Id!] = null;
            _protocol.Trusted.Add(peer.Id!);
        }

        _protocol.Appeared += OnAppeared;
        await TakeInAsync(initialPeers, cancellationToken).ConfigureAwait(false);
        await FindNearestAsync([Id], cancellationToken).ConfigureAwait(false);
        _host.PeerConnected += OnConnected;
        _rejoinTimer = _time.CreateTimer(_ => _background.Run(RejoinAsync), null, _options.RejoinPeriod, _options.RejoinPeriod);
    }

    /// <summary>Asks all initial peers, and goes on with the first that takes this node in and those that do so soon after.</summary>
    private async Task TakeInAsync(IReadOnlyList<PeerAddress> initialPeers, CancellationToken cancellationToken)
    {
        CancellationTokenSource over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        List<Task<string?>> open = [.. initialPeers.Select(peer => JoinAtAsync(peer, over.Token))];
        List<string> reasons = [];
        try
        {
            while (open.Count > 0)
            {
                Task<string?> done = await Task.WhenAny(open).ConfigureAwait(false);
                open.Remove(done);
                if (await done.ConfigureAwait(false) is { } reason)
                {
                    reasons.Add(reason);
                    continue;
                }

                if (open.Count > 0)
                {
                    await Task.WhenAny(Task.WhenAll(open), Task.Delay(Courtesy, _time, cancellationToken)).ConfigureAwait(false);
                }

                return;
            }
        }
        finally
        {
            _background.Run(token => EndAsync(open, over, token));
        }

        throw new DhtBootstrapException(
            initialPeers.Count == 1 ? reasons[0] : $"none of {initialPeers.Count} initial peers takes this node in: {string.Join("; ", reasons)}");
    }

    /// <summary>Waits for those that are slow, and lets go of them when the node ends.</summary>
    private static async Task EndAsync(IEnumerable<Task> open, CancellationTokenSource over, CancellationToken closing)
    {
        using (over)
        {
            using CancellationTokenRegistration registration = closing.UnsafeRegister(static source => ((CancellationTokenSource)source!).Cancel(), over);
            await SettleAsync(open).ConfigureAwait(false);
        }
    }

    /// <returns>Why the peer does not take this node in; null where it does.</returns>
    private async Task<string?> JoinAtAsync(PeerAddress peer, CancellationToken cancellationToken)
    {
        double sent = Now;
        (PingResponse? answer, string reason) =
            await _protocol.TryPingAsync(peer, validate: true, _options.JoinTimeout, cancellationToken).ConfigureAwait(false);
        if (answer is null)
        {
            return $"{Name(peer)} did not answer: {reason}";
        }

        if (!_options.ClientMode && !answer.Available)
        {
            return await IsElsewhereAsync(peer, cancellationToken).ConfigureAwait(false)
                ? $"{PeerId} is in the swarm already, as {Name(peer)} knows: two nodes cannot share an identity; give this one its own, or end the other and wait a moment"
                : $"{Name(peer)} cannot reach this node; make it reachable or start it as a client";
        }

        double allowed = _options.MaxClockDifference.TotalSeconds;
        return answer.Time != 0 && !(answer.Time >= sent - allowed && answer.Time <= Now + allowed)
            ? $"the clock of {Name(peer)} differs by more than {allowed} s: {answer.Time:F3} there, {Now:F3} here"
            : null;
    }

    private static string Name(PeerAddress peer) => peer.Addresses.Count > 0 ? string.Join(", ", peer.Addresses.Select(a => a.WithPeer(peer.Id!))) : peer.ToString();

    /// <summary>Whether a node that cannot call back knows another of this node's identity.</summary>
    private async Task<bool> IsElsewhereAsync(PeerAddress peer, CancellationToken cancellationToken) =>
        await _protocol.FindAsync(peer.Id!, [Id], cancellationToken, asClient: true).ConfigureAwait(false) is [var found]
        && found.Nearest.Any(node => node.Peer == PeerId && node.Id != Id);

    /// <summary>A node came into the table: where it is one that this node joined through, and is new there, it has forgotten what it was told.</summary>
    private void OnAppeared(DhtId id, PeerId peer)
    {
        bool isBack = false;
        lock (_gate)
        {
            if (_initial.TryGetValue(peer, out DhtId? before))
            {
                isBack = before is not null && before != id;
                _initial[peer] = id;
            }

            if (!_remembered.Contains(peer))
            {
                _remembered.Enqueue(peer);
                if (_remembered.Count > _options.BucketSize)
                {
                    _remembered.Dequeue();
                }
            }
        }

        if (isBack)
        {
            Rejoined?.Invoke();
        }
    }

    /// <summary>An initial peer is connected, perhaps again: is it the same node as before?</summary>
    private void OnConnected(PeerId peer)
    {
        bool isInitial;
        lock (_gate)
        {
            isInitial = _initial.ContainsKey(peer);
        }

        if (isInitial)
        {
            _background.Run(token => _protocol.PingAsync(peer, validate: false, token));
        }
    }

    /// <summary>Asks the initial peers whether they are there and what time it is; where the table is empty, all that were met lately.</summary>
    private async Task RejoinAsync(CancellationToken cancellationToken)
    {
        PeerId[] met;
        bool wasAlone = Neighbours.Count == 0;
        double before = Now;
        long start = _time.GetTimestamp();
        lock (_gate)
        {
            met = wasAlone ? [.. _remembered.Where(peer => !_initial.ContainsKey(peer))] : [];
        }

        await Task.WhenAll(_initialPeers.Concat(met.Select(PeerAddress.FromPeerId)).Select(peer => _protocol.PingAsync(peer, validate: false, cancellationToken)))
            .ConfigureAwait(false);
        bool isAlone = Neighbours.Count == 0;
        if (wasAlone && !isAlone)
        {
            await FindNearestAsync([Id], cancellationToken).ConfigureAwait(false);
        }

        bool isCorrected = Math.Abs(Now - before - _time.GetElapsedTime(start).TotalSeconds) > 1;
        if (isCorrected || (wasAlone && !isAlone))
        {
            Rejoined?.Invoke();
        }
    }
}
