using Whorl.Client.Routing;
using Whorl.Models;

namespace Whorl.Client;

/// <summary>Spans one after the other, which together hold a run of blocks: itself a span.</summary>
public sealed class SpanChain : IBlockSpan
{
    private readonly IReadOnlyList<(IBlockSpan Span, BlockRange Range)> _links;

    private SpanChain(IReadOnlyList<(IBlockSpan Span, BlockRange Range)> links) => _links = links;

    /// <inheritdoc/>
    public BlockRange Range => new(_links[0].Range.First, _links[^1].Range.Last);

    /// <inheritdoc/>
    public int BoundarySize => _links[0].Span.BoundarySize;

    /// <inheritdoc/>
    public SpanContract Contract => _links[0].Span.Contract;

    /// <summary>Chains spans so that they cover a run of blocks, with as few hand-overs as can be.</summary>
    /// <param name="spans">Spans of one model, in any order; they may overlap.</param>
    /// <param name="range">The blocks.</param>
    /// <exception cref="NoRouteException">A block is held by none, or the spans would not compute the same bytes.</exception>
    public static SpanChain Cover(IReadOnlyList<IBlockSpan> spans, BlockRange range)
    {
        if (spans.Select(s => (s.Contract, s.BoundarySize)).Distinct().Count() > 1)
        {
            throw new NoRouteException("the servers hold different models, or compute them with different --activations");
        }

        if (MissingBlocks.Of(spans.Select(s => s.Range), range) is { Count: > 0 } missing)
        {
            throw new NoRouteException($"no server holds {MissingBlocks.Name(missing)}; the servers hold {string.Join(", ", spans.Select(s => s.Range))}");
        }

        List<(IBlockSpan Span, BlockRange Range)> links = [];
        for (int block = range.First; block <= range.Last; block = links[^1].Range.Last + 1)
        {
            // Of those that hold the block, the one that reaches furthest.
            IBlockSpan next = spans.Where(s => s.Range.First <= block && block <= s.Range.Last).MaxBy(s => s.Range.Last)!;
            links.Add((next, new BlockRange(block, Math.Min(next.Range.Last, range.Last))));
        }

        return new SpanChain(links);
    }

    /// <inheritdoc/>
    public async ValueTask<IBlockSession> OpenAsync(BlockSessionOptions options, CancellationToken cancellationToken)
    {
        List<(IBlockSession, int)> sessions = [];
        try
        {
            foreach ((IBlockSpan span, BlockRange range) in _links)
            {
                BlockRange part = new(Math.Max(range.First, options.Range.First), Math.Min(range.Last, options.Range.Last));
                if (part.Count > 0)
                {
                    sessions.Add((await span.OpenAsync(options with { Range = part }, cancellationToken), part.Count));
                }
            }

            return new ChainSession(sessions, BoundarySize);
        }
        catch
        {
            foreach ((IBlockSession session, _) in sessions)
            {
                await session.DisposeAsync();
            }

            throw;
        }
    }
}
