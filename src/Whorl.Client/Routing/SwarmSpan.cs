using System.Collections.Concurrent;
using Whorl.Client.Links;
using Whorl.Client.Recovery;
using Whorl.Client.Sessions;
using Whorl.Models;
using Whorl.P2P;
using Whorl.Swarm;

namespace Whorl.Client.Routing;

/// <summary>All blocks of a model, on whichever servers of a swarm are fastest: chosen anew for every session.</summary>
public sealed class SwarmSpan : IBlockSpan, ILinkSource
{
    private readonly SwarmView _view;
    private readonly Func<BlockServer, CancellationToken, Task<IBlockSpan>> _connect;
    private readonly ConcurrentDictionary<(PeerId Peer, BlockRange Range), IBlockSpan> _known;
    private readonly ContractAgreement _agreement;

    private SwarmSpan(
        SwarmView view,
        Func<BlockServer, CancellationToken, Task<IBlockSpan>> connect,
        ConcurrentDictionary<(PeerId Peer, BlockRange Range), IBlockSpan> known,
        ContractAgreement agreement,
        int boundarySize,
        RecoveryOptions? recovery) =>
        (_view, _connect, _known, _agreement, BoundarySize, Recovery) = (view, connect, known, agreement, boundarySize, recovery ?? new RecoveryOptions());

    /// <inheritdoc/>
    public BlockRange Range => _view.Range;

    /// <inheritdoc/>
    public int BoundarySize { get; }

    /// <inheritdoc/>
    public SpanContract Contract => _agreement.Contract;

    /// <summary>What sessions do when a server is gone.</summary>
    public RecoveryOptions Recovery { get; }

    /// <inheritdoc/>
    TimeProvider ILinkSource.Time => _view.Time;

    /// <summary>Finds servers for all blocks, and learns from one how they compute.</summary>
    /// <param name="view">Who is there.</param>
    /// <param name="connect">
    /// Asks a server for its blocks, by whichever protocol. It fails as <see cref="IBlockSpan.OpenAsync"/> does; a server that would compute
    /// otherwise than the model needs is a <see cref="SpanRefusedException"/>.
    /// </param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <param name="recovery">What sessions do when a server is gone; null for what is usual.</param>
    /// <exception cref="NoRouteException">A block is held by nobody who answers; the message says which, and why not those that failed.</exception>
    public static async Task<SwarmSpan> FindAsync(
        SwarmView view, Func<BlockServer, CancellationToken, Task<IBlockSpan>> connect, CancellationToken cancellationToken, RecoveryOptions? recovery = null)
    {
        ConcurrentDictionary<(PeerId, BlockRange), IBlockSpan> known = [];
        ContractAgreement agreement = new();
        IReadOnlyList<IBlockSpan> spans = await RouteOpener<IBlockSpan>.OpenAsync(
            view,
            view.Range,
            tokens: 0,
            async (hop, token) => known[(hop.Server.Peer, hop.Server.Range)] = agreement.Require(await connect(hop.Server, token), hop.Server.Peer.ToString()),
            cancellationToken);
        return new SwarmSpan(view, connect, known, agreement, spans[0].BoundarySize, recovery);
    }

    /// <inheritdoc/>
    /// <exception cref="NoRouteException">A block is held by nobody who accepts the session; the message says which, and why not those that failed.</exception>
    /// <exception cref="SpanRefusedException">Whoever alone holds some block refuses the session.</exception>
    public ValueTask<IBlockSession> OpenAsync(BlockSessionOptions options, CancellationToken cancellationToken) =>
        LiveSession.OpenAsync(this, options, cancellationToken);

    /// <inheritdoc/>
    void ILinkSource.Failed(object holder) => _view.Failed((PeerId)holder);

    /// <inheritdoc/>
    void ILinkSource.Succeeded(object holder) => _view.Succeeded((PeerId)holder);

    /// <inheritdoc/>
    void ILinkSource.Measured(object holder, int rows, int blocks, TimeSpan computing) => _view.Measured((PeerId)holder, rows, blocks, computing);

    /// <inheritdoc/>
    async Task<IReadOnlyList<SessionLink>> ILinkSource.OpenLinksAsync(
        BlockSessionOptions options, IReadOnlySet<object> without, CancellationToken cancellationToken)
    {
        ConcurrentBag<SpanRefusedException> refusals = [];
        try
        {
            IReadOnlyList<OpenedLink> links = await RouteOpener<OpenedLink>.OpenAsync(
                _view,
                options.Range,
                options.MaxLength + options.MaxScratch,
                (hop, token) => OpenAsync(hop, options, refusals, token),
                cancellationToken,
                without.OfType<PeerId>());
            return [.. links.Select(l => l.Link)];
        }
        catch (NoRouteException e) when (
            refusals.FirstOrDefault(r => e.Missing.Any(m => m.First <= r.Range.Last && r.Range.First <= m.Last)) is { } refusal)
        {
            throw new NoRouteException(e.Message, e.Missing, refusal);
        }
    }

    /// <inheritdoc/>
    async Task<SessionLink?> ILinkSource.FollowAsync(
        BlockRange range, SessionMovedException moved, IReadOnlySet<object> without, CancellationToken cancellationToken)
    {
        if (without.Contains(moved.Peer) || await _view.FindHolderAsync(moved.Peer, range, cancellationToken) is not { } server)
        {
            return null;
        }

        (PeerId, BlockRange) key = (server.Peer, server.Range);
        if (!_known.TryGetValue(key, out IBlockSpan? span))
        {
            _known[key] = span = _agreement.Require(await _connect(server, cancellationToken), server.Peer.ToString());
        }

        return span is RemoteSpan remote ? new SessionLink(await remote.FollowAsync(range, moved, cancellationToken), range, server.Peer) : null;
    }

    /// <summary>Why a server is not used, in words that name it once.</summary>
    internal static string Reason(PeerId peer, Exception failure)
    {
        string name = ServerName.Short(peer.ToString()), words = PeerText.Clean(failure.Message.Replace(peer.ToString(), name, StringComparison.Ordinal));
        return words.Contains(name, StringComparison.Ordinal) ? words : $"{name}: {words}";
    }

    private async Task<OpenedLink> OpenAsync(
        RouteHop hop, BlockSessionOptions options, ConcurrentBag<SpanRefusedException> refusals, CancellationToken cancellationToken)
    {
        (PeerId, BlockRange) key = (hop.Server.Peer, hop.Server.Range);
        IBlockSpan? span = null;
        try
        {
            if (!_known.TryGetValue(key, out span))
            {
                span = _agreement.Require(await _connect(hop.Server, cancellationToken), hop.Server.Peer.ToString());
                _known[key] = span;
            }

            if (span.BoundarySize != BoundarySize)
            {
                throw new BadAnswerException(hop.Server.Peer.ToString(), hop.Range, $"rows of {span.BoundarySize} where the model has {BoundarySize}");
            }

            return new OpenedLink(new SessionLink(await span.OpenAsync(options with { Range = hop.Range }, cancellationToken), hop.Range, hop.Server.Peer));
        }
        catch (Exception e)
        {
            _known.TryRemove(key, out _); // it may have come back as another
            if (e is SpanRefusedException refusal && span is not null)
            {
                refusals.Add(refusal); // the session; who is not fit for the model refuses nothing
            }

            throw;
        }
    }

    private sealed record OpenedLink(SessionLink Link) : IAsyncDisposable
    {
        public ValueTask DisposeAsync() => Link.Session.DisposeAsync();
    }
}
