using Microsoft.Extensions.Logging;
using Whorl.Models;
using Whorl.P2P;
using Whorl.Protocol;

namespace Whorl.Server;

/// <summary>Lets others compute with this process's blocks, over <c>/whorl/span/1</c>.</summary>
/// <param name="span">The blocks.</param>
/// <param name="log">What is told to the operator.</param>
public sealed class SpanServer(HostedSpan span, ILogger log) : IAsyncDisposable
{
    private readonly SessionTable _table = new(span, log);
    private readonly SemaphoreSlim _linking = new(SpanStream.MostLinking, SpanStream.MostLinking);

    /// <summary>Sessions open now, those whose stream broke included.</summary>
    public int Sessions => _table.Count;

    /// <summary>Whether hidden states go on to the next server where a client asks for it.</summary>
    public bool Pushes { get; init; } = true;

    /// <summary>Asked by a peer to leave the swarm; says whether the peer may ask, and returns at once.</summary>
    /// <value>Nobody may.</value>
    public Func<PeerId, bool> Drain { get; init; } = _ => false;

    /// <summary>
    /// Takes no more sessions of peers, hands those under way to others where that is faster than computing them again there, tells their clients, and waits until none
    /// is left.
    /// </summary>
    /// <param name="host">This node.</param>
    /// <param name="successors">Who holds all of some blocks, the best first.</param>
    /// <param name="costs">Decides which sessions are moved.</param>
    /// <param name="grace">How long it may take; zero moves none.</param>
    /// <param name="cancellationToken">Waits no longer.</param>
    /// <returns>How many sessions were moved, and how many are still open.</returns>
    public async Task<(int Moved, int Left)> LeaveAsync(
        IPeerHost host,
        Func<BlockRange, CancellationToken, Task<IReadOnlyList<PeerId>>> successors,
        MoveCosts costs,
        TimeSpan grace,
        CancellationToken cancellationToken)
    {
        Task<int> leaving = span.LeaveAsync(grace, cancellationToken); // from now on nobody comes
        using CancellationTokenSource time = new(grace, span.Time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(time.Token, cancellationToken);
        Task<int> telling = new SessionMover(host, span, successors, costs, log).MoveAsync(_table.ToList(), either.Token);
        Told = telling;
        return (await telling, await leaving);
    }

    /// <summary>Completes once the clients have been told by <see cref="LeaveAsync"/>.</summary>
    public Task Told { get; private set; } = Task.CompletedTask;

    /// <summary>Begins to answer on a host.</summary>
    public void Listen(IPeerHost host) => host.Handle(SpanWire.ProtocolId, (stream, cancellationToken) => ServeAsync(host, stream, cancellationToken));

    /// <summary>Ends all sessions and forgets beginnings of texts. Sessions of streams under way end with the host.</summary>
    public async ValueTask DisposeAsync()
    {
        await _table.CloseAllAsync();
        span.Prefixes?.Clear();
    }

    private async Task ServeAsync(IPeerHost host, PeerStream stream, CancellationToken cancellationToken)
    {
        using SpanStream served = new(span, _table, log, stream, Pushes ? host : null, _linking, Drain, cancellationToken);
        await served.ServeAsync();
    }
}
