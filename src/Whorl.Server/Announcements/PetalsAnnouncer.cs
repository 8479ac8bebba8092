using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;
using Whorl.Dht;
using Whorl.Models;
using Whorl.P2P;
using Whorl.Swarm;

namespace Whorl.Server.Petals;

/// <summary>
/// Tells a Petals swarm which blocks this process holds: at once when its state changes, again every period, and when it is disposed that it
/// is gone. Each time it also measures how far the servers are to which sessions may go on.
/// </summary>
public sealed class PetalsAnnouncer : IAsyncDisposable
{
    /// <summary>Time between announcements where nothing else is said, as Petals' command line has it.</summary>
    public static readonly TimeSpan DefaultPeriod = TimeSpan.FromSeconds(120);

    private static readonly TimeSpan PingTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan FarewellTimeout = TimeSpan.FromSeconds(2);

    private readonly DhtNode _node;
    private readonly SwarmDirectory _directory;
    private readonly string _prefix;
    private readonly BlockRange _range;
    private readonly ModelInfo _model;
    private readonly Func<ServerState, ServerInfo> _describe;
    private readonly AnnouncementSchedule _schedule;
    private readonly TimeProvider _time;
    private readonly Random _random;
    private readonly ILogger _log;
    private readonly PingTable _pings = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _running;
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile ServerState _state;
    private ServerState? _told; // what the operator knows to be announced
    private volatile bool _isLost;

    /// <summary>Begins to announce.</summary>
    /// <param name="node">This node of the DHT.</param>
    /// <param name="prefix">The model's prefix in the swarm.</param>
    /// <param name="range">The blocks.</param>
    /// <param name="model">Announced too, unless the prefix begins with '_'.</param>
    /// <param name="state">The state to begin with: joining while weights are read.</param>
    /// <param name="describe">What is announced in a state, pings excepted; <see cref="PetalsServer.Describe"/> once there is a server.</param>
    /// <param name="period">Time between announcements.</param>
    /// <param name="time">The clock.</param>
    /// <param name="random">Chooses whom to ping.</param>
    /// <param name="log">Told of announcements that nobody took.</param>
    public PetalsAnnouncer(
        DhtNode node, string prefix, BlockRange range, ModelInfo model, ServerState state, Func<ServerState, ServerInfo> describe,
        TimeSpan period, TimeProvider time, Random random, ILogger log)
    {
        (_node, _prefix, _range, _model, _state, _describe) = (node, prefix, range, model, state, describe);
        (_time, _random, _log) = (time, random, log);
        _directory = new SwarmDirectory(node);
        _schedule = new AnnouncementSchedule(period);
        node.Rejoined += AnnounceAgain;
        _running = RunAsync();
    }

    /// <summary>Announces another state, at once and from then on.</summary>
    public void SetState(ServerState state)
    {
        _state = state;
        Interlocked.Exchange(ref _changed, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();
    }

    /// <summary>Announces the state that was announced before, at once: those who knew may know no more.</summary>
    private void AnnounceAgain()
    {
        _isLost = true;
        SetState(_state);
    }

    /// <summary>Announces that the server is gone, and ends.</summary>
    public async ValueTask DisposeAsync()
    {
        _node.Rejoined -= AnnounceAgain;
        await _stop.CancelAsync();
        await _running;
        using CancellationTokenSource limit = new(FarewellTimeout, _time);
        try
        {
            await AnnounceAsync(ServerState.Offline, limit.Token);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            Log.NotAnnounced(_log, _prefix, e.Message);
        }

        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        try
        {
            while (true)
            {
                Task changed = Volatile.Read(ref _changed).Task; // before the state, so that no change is missed
                ServerState state = _state;
                bool isLost = _isLost;
                _isLost = false;
                TimeSpan wait = isLost ? TimeSpan.Zero : _schedule.WaitFor(state, _node.UtcNow);
                if (wait == TimeSpan.Zero)
                {
                    await AnnounceAsync(state, _stop.Token);
                    continue;
                }

                using CancellationTokenSource woken = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
                await Task.WhenAny(changed, Task.Delay(wait, _time, woken.Token));
                await woken.CancelAsync();
                _stop.Token.ThrowIfCancellationRequested();
            }
        }
        catch (OperationCanceledException)
        {
            Log.AnnouncingEnds(_log, _prefix);
        }
    }

    [SuppressMessage("Design", "CA1031", Justification = "whatever goes wrong in one announcement, the next is made")]
    private async Task AnnounceAsync(ServerState state, CancellationToken cancellationToken)
    {
        DateTimeOffset now = _node.UtcNow;
        _schedule.Announced(state, now);
        try
        {
            ServerInfo info = _describe(state);
            if (state == ServerState.Online)
            {
                await PingAsync(cancellationToken);
                info = info with { NextPings = _pings.Current(_node.UtcNow) };
            }

            double expiration = _schedule.NextExpiration(now);
            bool taken = await _directory.DeclareServerAsync(_prefix, Enumerable.Range(_range.First, _range.Count), info, expiration, cancellationToken);
            if (state == ServerState.Online && !_prefix.StartsWith('_'))
            {
                // Refused where another server has announced the same for longer, which does as well.
                await _directory.DeclareModelAsync(_prefix, _model, expiration, cancellationToken);
            }

            if (!taken)
            {
                Log.NotAnnounced(_log, _prefix, "no other node took the record");
            }
            else
            {
                Log.Announced(_log, _told == state ? LogLevel.Debug : LogLevel.Information, state, _range, _prefix);
            }

            _told = taken ? state : null;
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested) // whatever it is, a server must not vanish by it
        {
            Log.NotAnnounced(_log, _prefix, $"{e.GetType().Name}: {e.Message}"); // the next period tries again
        }
    }

    private async Task PingAsync(CancellationToken cancellationToken)
    {
        int end = _range.Last + 1, count = Math.Min(end, _model.NumBlocks - 1) - _range.First;
        if (count < 1)
        {
            return;
        }

        IReadOnlyList<IReadOnlyDictionary<PeerId, ServerInfo>> blocks =
            await _directory.FindServersAsync(_prefix, [.. Enumerable.Range(_range.First + 1, count)], latest: true, cancellationToken);
        IReadOnlyDictionary<PeerId, ServerInfo>? next = end < _model.NumBlocks ? blocks[^1] : null;
        IReadOnlyList<PeerId> targets = PingTargets.Choose(next is null ? blocks : blocks.SkipLast(1), next, _node.PeerId, _random);
        TimeSpan?[] trips = await Task.WhenAll(targets.Select(peer => _node.PingAsync(peer, PingTimeout, cancellationToken)));
        for (int i = 0; i < targets.Count; i++)
        {
            _pings.Add(targets[i], trips[i], _node.UtcNow);
        }
    }
}
