using System.Globalization;
using Whorl.Client.Links;
using Whorl.Client.Routing;
using Whorl.Client.Sessions;
using Whorl.Formats;
using Whorl.Models;
using Whorl.Protocol;
using Whorl.Swarm;

namespace Whorl.Client.Recovery;

/// <summary>
/// Finds who computes the parts of a session, when it is opened and when one of them is lost: a holder, else another one, else this process,
/// else whoever comes within a stated time.
/// </summary>
/// <param name="source">Who there is.</param>
internal sealed class LinkReplacer(ILinkSource source)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(0.1), LongestPause = TimeSpan.FromSeconds(1);

    private readonly HashSet<object> _liars = []; // what has answered wrongly once is not asked again in this session

    private RecoveryOptions Options => source.Recovery;

    /// <summary>A holder has failed.</summary>
    /// <param name="holder">Who; null for one that nobody knows.</param>
    /// <param name="why">By what.</param>
    public void Failed(object? holder, Exception why)
    {
        if (holder is null)
        {
            return;
        }

        source.Failed(holder);
        if (why is BadAnswerException)
        {
            _liars.Add(holder);
        }
    }

    /// <summary>
    /// Opens the links of a session. Where nobody gives some blocks, others are looked for to compute these, as for a part that is lost.
    /// </summary>
    /// <param name="options">All of it.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>In the order of their blocks.</returns>
    /// <exception cref="NoRouteException">Nobody came.</exception>
    /// <exception cref="SpanRefusedException">Whoever holds some of the blocks refuses the session, and waiting would not help.</exception>
    public Task<IReadOnlyList<SessionLink>> OpenAsync(BlockSessionOptions options, CancellationToken cancellationToken) =>
        OpenAsync(options, source.Time.GetTimestamp(), cancellationToken);

    /// <summary>Opens sessions for a part that is lost.</summary>
    /// <param name="part">The part.</param>
    /// <param name="lost">Holders that have just failed: asked again only where nobody else holds the blocks.</param>
    /// <param name="why">By what the last of them failed.</param>
    /// <param name="began">When the first of them failed.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The sessions, in the order of their blocks; null where one refused, which is still there, and nobody else takes the part.</returns>
    /// <exception cref="NoRouteException">Nobody came.</exception>
    public async Task<IReadOnlyList<SessionLink>?> ReplaceAsync(
        BlockSessionOptions part, IReadOnlySet<object> lost, Exception why, long began, CancellationToken cancellationToken)
    {
        HashSet<object> without = [.. _liars, .. lost];
        bool isTold = false, mayLoad = true, mayWait = !IsRefused(why);
        for (TimeSpan pause = FirstPause; ; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            try
            {
                return await source.OpenLinksAsync(part, without, cancellationToken);
            }
            catch (NoRouteException e)
            {
                why = e;
            }

            if (mayLoad)
            {
                mayLoad = false;
                without = [.. _liars]; // whoever has failed may have come back
                if (await LoadHereAsync(part, cancellationToken) is { } here)
                {
                    return [here];
                }

                if (!mayWait)
                {
                    return null;
                }

                continue;
            }

            TimeSpan left = Options.Wait - source.Time.GetElapsedTime(began);
            if (left <= TimeSpan.Zero)
            {
                throw new NoRouteException(
                    $"nobody came within {Options.Wait.TotalSeconds:0.#} s who computes blocks {part.Range}: {why.Message}", [part.Range], why);
            }

            if (!isTold)
            {
                isTold = true;
                string until = (source.Time.GetLocalNow() + left).ToString("HH:mm:ss", CultureInfo.InvariantCulture);
                Options.Waiting?.Invoke($"nobody holds blocks {part.Range} at present; waiting until {until} for a server that does");
            }

            await Task.Delay(pause < left ? pause : left, source.Time, cancellationToken);
        }
    }

    /// <summary>Takes up a part where its server, which leaves, says that it is.</summary>
    /// <returns>Null where it is not to be had there.</returns>
    public async Task<SessionLink?> FollowAsync(BlockRange range, SessionMovedException moved, CancellationToken cancellationToken)
    {
        try
        {
            return await source.FollowAsync(range, moved, _liars, cancellationToken);
        }
        catch (Exception e) when (Failures.IsOfServer(e))
        {
            return null; // it is computed again
        }
    }

    /// <summary>Opens sessions for a part on others than its holder, at once or not at all.</summary>
    /// <returns>In the order of their blocks; null where there are no others.</returns>
    public async Task<IReadOnlyList<SessionLink>?> TryOthersAsync(
        BlockSessionOptions part, object than, CancellationToken cancellationToken)
    {
        try
        {
            return await source.OpenLinksAsync(part, new HashSet<object>(_liars) { than }, cancellationToken);
        }
        catch (NoRouteException)
        {
            return null;
        }
    }

    /// <summary>Whether a server that is there, and stays, does not want to: waiting does not help then.</summary>
    private static bool IsRefused(Exception why) =>
        (why is NoRouteException ? why.InnerException : why) is SpanRefusedException { Code: not SpanFailureCode.Leaving };

    private async Task<IReadOnlyList<SessionLink>> OpenAsync(BlockSessionOptions part, long began, CancellationToken cancellationToken)
    {
        NoRouteException why;
        try
        {
            return await source.OpenLinksAsync(part, _liars, cancellationToken);
        }
        catch (NoRouteException e)
        {
            why = e.InnerException is SpanRefusedException { IsTransient: false } wrong ? throw wrong : e;
        }

        List<SessionLink> links = [];
        try
        {
            IReadOnlyList<BlockRange> missing = why.Missing.Count > 0 ? why.Missing : [part.Range];
            foreach (BlockRange range in missing) // first: nobody's memory is kept while somebody is waited for
            {
                IReadOnlyList<SessionLink> found = await ReplaceAsync(part with { Range = range }, new HashSet<object>(), why, began, cancellationToken)
                    ?? throw (why.InnerException as SpanRefusedException ?? (Exception)why);
                links.AddRange(found);
                if (found.All(link => link.Holder is null))
                {
                    Options.Waiting?.Invoke($"blocks {range} are computed here: {why.Message}");
                }
            }

            foreach (BlockRange range in MissingBlocks.Of(missing, part.Range)) // what the others do not lack
            {
                links.AddRange(await OpenAsync(part with { Range = range }, began, cancellationToken));
            }

            return [.. links.OrderBy(link => link.Range.First)];
        }
        catch
        {
            await Task.WhenAll(links.Select(link => link.Session.DisposeAsync().AsTask()));
            throw;
        }
    }

    private async Task<SessionLink?> LoadHereAsync(BlockSessionOptions part, CancellationToken cancellationToken)
    {
        try
        {
            return Options.LoadHere is { } load
                && await load(part.Range, cancellationToken) is { } span
                && source.Contract.Disagreement(span.Contract) is null
                ? new SessionLink(await span.OpenAsync(part, cancellationToken), part.Range)
                : null;
        }
        catch (Exception e) when (e is IOException or MemoryBudgetException or ModelFormatException)
        {
            return null; // no room, or not all the files
        }
    }
}
