using Whorl.Client.Routing;
using Whorl.Client.Sessions;
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
        Task<SessionLink>[] opening = [.. _links
            .Select(link => (link.Span, Part: new BlockRange(Math.Max(link.Range.First, options.Range.First), Math.Min(link.Range.Last, options.Range.Last))))
            .Where(link => link.Part.Count > 0)
            .Select(link => OpenAsync(link.Span, options with { Range = link.Part }))];
        try
        {
            return new LiveSession(await Task.WhenAll(opening), BoundarySize);
        }
        catch
        {
            foreach (Task<SessionLink> opened in opening.Where(o => o.IsCompletedSuccessfully))
            {
                await (await opened).Session.DisposeAsync();
            }

            throw;
        }

        async Task<SessionLink> OpenAsync(IBlockSpan span, BlockSessionOptions part) => new(await span.OpenAsync(part, cancellationToken), part.Range.Count);
    }
}
