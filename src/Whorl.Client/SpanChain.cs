using Whorl.Client.Links;
using Whorl.Client.Recovery;
using Whorl.Client.Routing;
using Whorl.Client.Sessions;
using Whorl.Models;
using Whorl.Swarm;

namespace Whorl.Client;

/// <summary>Spans that together hold a run of blocks: itself a span. Where more than one holds a block, any of them may stand in for another.</summary>
public sealed class SpanChain : IBlockSpan, ILinkSource
{
    private readonly IReadOnlyList<IBlockSpan> _spans;
    private volatile IReadOnlySet<IBlockSpan> _failed = new HashSet<IBlockSpan>(); // when a session was last opened: replaced, never changed

    private SpanChain(
        IReadOnlyList<IBlockSpan> spans, BlockRange range, SpanContract contract, RecoveryOptions? recovery, TimeProvider? time)
    {
        (_spans, Range, Contract) = (spans, range, contract);
        (Recovery, Time) = (recovery ?? new RecoveryOptions(), time ?? TimeProvider.System);
    }

    /// <inheritdoc/>
    public BlockRange Range { get; }

    /// <inheritdoc/>
    public int BoundarySize => _spans[0].BoundarySize;

    /// <inheritdoc/>
    public SpanContract Contract { get; }

    /// <summary>Chains spans so that they cover a run of blocks, with as few hand-overs as can be.</summary>
    /// <param name="spans">Spans of one model, in any order; they may overlap.</param>
    /// <param name="range">The blocks.</param>
    /// <param name="recovery">What sessions do when a span is gone; null for what is usual.</param>
    /// <param name="time">The clock of sessions; null for the system's.</param>
    /// <exception cref="NoRouteException">A block is held by none, or the spans would not compute the same bytes.</exception>
    public static SpanChain Cover(
        IReadOnlyList<IBlockSpan> spans, BlockRange range, RecoveryOptions? recovery = null, TimeProvider? time = null)
    {
        if (MissingBlocks.Of(spans.Select(s => s.Range), range) is { Count: > 0 } missing)
        {
            throw new NoRouteException($"no server holds {MissingBlocks.Name(missing)}; the servers hold {string.Join(", ", spans.Select(s => s.Range))}");
        }

        SpanContract contract = spans[0].Contract;
        foreach (IBlockSpan span in spans)
        {
            (string Own, string Other)? difference = span.BoundarySize == spans[0].BoundarySize
                ? contract.Disagreement(span.Contract)
                : ($"rows of {spans[0].BoundarySize}", $"rows of {span.BoundarySize}");
            if (difference is { } found)
            {
                throw new NoRouteException($"the servers hold different models, or compute them otherwise: one says '{found.Own}', another '{found.Other}'");
            }

            contract = contract.With(span.Contract);
        }

        return new SpanChain(spans, range, contract, recovery, time);
    }

    /// <summary>What sessions do when a span is gone.</summary>
    public RecoveryOptions Recovery { get; }

    /// <summary>The clock of sessions.</summary>
    public TimeProvider Time { get; }

    /// <inheritdoc/>
    /// <remarks>Spans that failed when a session was last opened come last; one that fails now is left out as long as the others hold all blocks.</remarks>
    /// <exception cref="NoRouteException">Some block is computed by nobody who answers, nor was within the time that is waited.</exception>
    /// <exception cref="SpanRefusedException">Whoever alone holds some block refuses the session.</exception>
    public ValueTask<IBlockSession> OpenAsync(BlockSessionOptions options, CancellationToken cancellationToken) =>
        LiveSession.OpenAsync(this, options, cancellationToken);

    /// <inheritdoc/>
    void ILinkSource.Failed(object holder)
    {
        _failed = new HashSet<IBlockSpan>([.. _failed, (IBlockSpan)holder]);
        (holder as RemoteSpan)?.Suspect();
    }

    /// <inheritdoc/>
    void ILinkSource.Succeeded(object holder)
    {
        if (_failed.Contains((IBlockSpan)holder))
        {
            _failed = new HashSet<IBlockSpan>(_failed.Where(span => span != holder));
        }
    }

    /// <inheritdoc/>
    void ILinkSource.Measured(object holder, int rows, int blocks, TimeSpan computing)
    {
        // Who was named is used in the order of the blocks, however fast.
    }

    /// <inheritdoc/>
    Task<IReadOnlyList<SessionLink>> ILinkSource.OpenLinksAsync(
        BlockSessionOptions options, IReadOnlySet<object> without, CancellationToken cancellationToken) =>
        OpenAsync(options, [.. without.OfType<IBlockSpan>()], cancellationToken);

    /// <inheritdoc/>
    async Task<SessionLink?> ILinkSource.FollowAsync(
        BlockRange range, SessionMovedException moved, IReadOnlySet<object> without, CancellationToken cancellationToken) =>
        _spans.OfType<RemoteSpan>().FirstOrDefault(span => moved.Peer.Equals(span.PeerId) && !without.Contains(span)
            && span.Range.First <= range.First && range.Last <= span.Range.Last) is { } next
            ? new SessionLink(await next.FollowAsync(range, moved, cancellationToken), range, next)
            : null; // nobody but those that were named

    private async Task<IReadOnlyList<SessionLink>> OpenAsync(BlockSessionOptions options, HashSet<IBlockSpan> without, CancellationToken cancellationToken)
    {
        if (Missing(without, options.Range) is { Count: > 0 } missing)
        {
            throw new NoRouteException($"no other server that was named holds {MissingBlocks.Name(missing)}", missing);
        }

        HashSet<IBlockSpan> failed = [.. _failed, .. without];
        if (Missing(failed, options.Range).Count > 0)
        {
            failed = [.. without];
        }

        while (true)
        {
            (IBlockSpan Span, Task<SessionLink> Opening)[] opening =
                [.. Links(failed, options.Range).Select(link => (link.Span, OpenOneAsync(link.Span, options with { Range = link.Range })))];
            try
            {
                SessionLink[] links = await Task.WhenAll(opening.Select(o => o.Opening));
                _failed = failed;
                return links;
            }
            catch (Exception e)
            {
                foreach (Task<SessionLink> opened in opening.Select(o => o.Opening).Where(o => o.IsCompletedSuccessfully))
                {
                    await (await opened).Session.DisposeAsync();
                }

                IBlockSpan[] gone = [.. opening.Where(o => o.Opening.Exception?.InnerException is { } reason && Failures.IsOfServer(reason)).Select(o => o.Span)];
                failed.UnionWith(gone);
                _failed = failed;
                if (gone.Length == 0 || !Failures.IsOfServer(e))
                {
                    throw;
                }

                if (Missing(failed, options.Range) is { Count: > 0 } lacking)
                {
                    IEnumerable<Exception?> reasons = opening.Select(o => o.Opening.Exception?.InnerException);
                    Exception why = reasons.OfType<SpanRefusedException>().FirstOrDefault() ?? e;
                    throw new NoRouteException(why.Message, lacking, why);
                }
            }
        }

        async Task<SessionLink> OpenOneAsync(IBlockSpan span, BlockSessionOptions part) =>
            new(await span.OpenAsync(part, cancellationToken), part.Range, span);
    }

    private IReadOnlyList<BlockRange> Missing(HashSet<IBlockSpan> without, BlockRange range) =>
        MissingBlocks.Of(_spans.Where(s => !without.Contains(s)).Select(s => s.Range), range);

    private IEnumerable<(IBlockSpan Span, BlockRange Range)> Links(HashSet<IBlockSpan> without, BlockRange range)
    {
        for (int block = range.First; block <= range.Last;)
        {
            // Of those that hold the block, the one that reaches furthest.
            IBlockSpan next = _spans.Where(s => !without.Contains(s) && s.Range.First <= block && block <= s.Range.Last).MaxBy(s => s.Range.Last)!;
            BlockRange part = new(block, Math.Min(next.Range.Last, range.Last));
            yield return (next, part);
            block = part.Last + 1;
        }
    }
}
