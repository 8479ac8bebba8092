using Whorl.Models;
using Whorl.P2P;

namespace Whorl.Client.Routing;

/// <summary>All blocks of a model, on whichever servers of a swarm are fastest: chosen anew for every session.</summary>
public sealed class SwarmSpan : IBlockSpan
{
    private readonly SwarmView _view;
    private readonly Func<BlockServer, CancellationToken, Task<IBlockSpan>> _connect;

    private SwarmSpan(SwarmView view, Func<BlockServer, CancellationToken, Task<IBlockSpan>> connect, IBlockSpan example) =>
        (_view, _connect, BoundarySize, Contract) = (view, connect, example.BoundarySize, example.Contract);

    /// <inheritdoc/>
    public BlockRange Range => _view.Range;

    /// <inheritdoc/>
    public int BoundarySize { get; }

    /// <inheritdoc/>
    public SpanContract Contract { get; }

    /// <summary>Finds servers for all blocks, and learns from one how they compute.</summary>
    /// <param name="view">Who is there.</param>
    /// <param name="connect">
    /// Asks a server for its blocks, by whichever protocol. It fails as <see cref="IBlockSpan.OpenAsync"/> does; a server that would compute
    /// otherwise than the model needs is a <see cref="SpanRefusedException"/>.
    /// </param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="NoRouteException">A block is held by nobody who answers; the message says which, and why not those that failed.</exception>
    public static async Task<SwarmSpan> FindAsync(
        SwarmView view, Func<BlockServer, CancellationToken, Task<IBlockSpan>> connect, CancellationToken cancellationToken)
    {
        IReadOnlyList<IBlockSpan> spans = await OverRouteAsync(view, view.Range, tokens: 0, (hop, token) => connect(hop.Server, token), cancellationToken);
        return new SwarmSpan(view, connect, spans[0]);
    }

    /// <inheritdoc/>
    /// <exception cref="NoRouteException">A block is held by nobody who accepts the session; the message says which, and why not those that failed.</exception>
    public async ValueTask<IBlockSession> OpenAsync(BlockSessionOptions options, CancellationToken cancellationToken)
    {
        IReadOnlyList<IBlockSession> sessions = await OverRouteAsync(
            _view, options.Range, options.MaxLength + options.MaxScratch, (hop, token) => OpenAsync(hop, options, token), cancellationToken);
        return new ChainSession([.. sessions.Select(s => (s, s.Holders.Sum(h => h.Range.Count)))], BoundarySize);
    }

    private async Task<IBlockSession> OpenAsync(RouteHop hop, BlockSessionOptions options, CancellationToken cancellationToken)
    {
        IBlockSpan span = await _connect(hop.Server, cancellationToken);
        return new WatchedSession(await span.OpenAsync(options with { Range = hop.Range }, cancellationToken), hop.Server.Peer, _view);
    }

    /// <summary>Does something with each server of the fastest route; where one fails, with those of the fastest route without it.</summary>
    private static async Task<IReadOnlyList<T>> OverRouteAsync<T>(
        SwarmView view, BlockRange range, int tokens, Func<RouteHop, CancellationToken, Task<T>> act, CancellationToken cancellationToken)
    {
        Dictionary<PeerId, string> failed = [];
        while (true)
        {
            List<T> done = [];
            PeerId? current = null;
            try
            {
                foreach (RouteHop hop in await view.FindFastestAsync(range, tokens, failed, cancellationToken))
                {
                    current = hop.Server.Peer;
                    done.Add(await act(hop, cancellationToken));
                }

                return done;
            }
            catch (Exception e)
            {
                foreach (IAsyncDisposable opened in done.OfType<IAsyncDisposable>())
                {
                    await opened.DisposeAsync();
                }

                if (current is null || !Failures.IsOfServer(e))
                {
                    throw;
                }

                view.Failed(current);
                failed[current] = e.Message.Contains(current.ToString(), StringComparison.Ordinal) ? e.Message : $"{current}: {e.Message}";
            }
        }
    }
}
