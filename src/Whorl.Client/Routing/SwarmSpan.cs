using System.Collections.Concurrent;
using Whorl.Client.Sessions;
using Whorl.Models;
using Whorl.P2P;
using Whorl.Swarm;

namespace Whorl.Client.Routing;

/// <summary>All blocks of a model, on whichever servers of a swarm are fastest: chosen anew for every session.</summary>
public sealed class SwarmSpan : IBlockSpan
{
    private readonly SwarmView _view;
    private readonly Func<BlockServer, CancellationToken, Task<IBlockSpan>> _connect;
    private readonly ConcurrentDictionary<(PeerId Peer, BlockRange Range), IBlockSpan> _known;

    private SwarmSpan(
        SwarmView view,
        Func<BlockServer, CancellationToken, Task<IBlockSpan>> connect,
        ConcurrentDictionary<(PeerId Peer, BlockRange Range), IBlockSpan> known,
        IBlockSpan example) => (_view, _connect, _known, BoundarySize, Contract) = (view, connect, known, example.BoundarySize, example.Contract);

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
        ConcurrentDictionary<(PeerId, BlockRange), IBlockSpan> known = [];
        IReadOnlyList<IBlockSpan> spans = await RouteOpener<IBlockSpan>.OpenAsync(
            view, view.Range, tokens: 0, async (hop, token) => known[(hop.Server.Peer, hop.Server.Range)] = await connect(hop.Server, token), cancellationToken);
        return new SwarmSpan(view, connect, known, spans[0]);
    }

    /// <inheritdoc/>
    /// <exception cref="NoRouteException">A block is held by nobody who accepts the session; the message says which, and why not those that failed.</exception>
    public async ValueTask<IBlockSession> OpenAsync(BlockSessionOptions options, CancellationToken cancellationToken)
    {
        IReadOnlyList<OpenedLink> links = await RouteOpener<OpenedLink>.OpenAsync(
            _view, options.Range, options.MaxLength + options.MaxScratch, (hop, token) => OpenAsync(hop, options, token), cancellationToken);
        return new LiveSession([.. links.Select(l => l.Link)], BoundarySize, _view);
    }

    /// <summary>Why a server is not used, in words that name it once.</summary>
    internal static string Reason(PeerId peer, Exception failure)
    {
        string name = ServerName.Short(peer.ToString()), words = PeerText.Clean(failure.Message.Replace(peer.ToString(), name, StringComparison.Ordinal));
        return words.Contains(name, StringComparison.Ordinal) ? words : $"{name}: {words}";
    }

    private async Task<OpenedLink> OpenAsync(RouteHop hop, BlockSessionOptions options, CancellationToken cancellationToken)
    {
        (PeerId, BlockRange) key = (hop.Server.Peer, hop.Server.Range);
        try
        {
            if (!_known.TryGetValue(key, out IBlockSpan? span))
            {
                span = await _connect(hop.Server, cancellationToken);
                _known[key] = span;
            }

            if (span.BoundarySize != BoundarySize)
            {
                throw new BadAnswerException(hop.Server.Peer.ToString(), hop.Range, $"rows of {span.BoundarySize} where the model has {BoundarySize}");
            }

            return new OpenedLink(new SessionLink(await span.OpenAsync(options with { Range = hop.Range }, cancellationToken), hop.Range.Count, hop.Server.Peer));
        }
        catch
        {
            _known.TryRemove(key, out _); // it may have come back as another
            throw;
        }
    }

    private sealed record OpenedLink(SessionLink Link) : IAsyncDisposable
    {
        public ValueTask DisposeAsync() => Link.Session.DisposeAsync();
    }
}
