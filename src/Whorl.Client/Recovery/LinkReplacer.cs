using Whorl.Client.Routing;
using Whorl.Client.Sessions;
using Whorl.Formats;
using Whorl.Models;

namespace Whorl.Client.Recovery;

/// <summary>Finds who computes a lost part of a session from now on: another holder, else this process, else whoever comes within a stated time.</summary>
/// <param name="source">Who else there is.</param>
/// <param name="contract">What decides the bytes: this process takes a part only where it computes the same.</param>
/// <param name="options">What may be done.</param>
internal sealed class LinkReplacer(ILinkSource source, SpanContract contract, RecoveryOptions options)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(0.1), LongestPause = TimeSpan.FromSeconds(1);

    private readonly HashSet<object> _liars = []; // what has answered wrongly once is not asked again in this session

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
        bool isTold = false, mayLoad = true, mayWait = why is not SpanRefusedException;
        for (TimeSpan pause = FirstPause; ; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            try
            {
                return await source.OpenAsync(part, without, cancellationToken);
            }
            catch (Exception e) when (Failures.IsOfServer(e) || e is NoRouteException)
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

            TimeSpan left = options.Wait - source.Time.GetElapsedTime(began);
            if (left <= TimeSpan.Zero)
            {
                throw new NoRouteException($"nobody came within {options.Wait.TotalSeconds:0.#} s who computes blocks {part.Range}: {why.Message}");
            }

            if (!isTold)
            {
                isTold = true;
                options.Waiting?.Invoke($"nobody holds blocks {part.Range} at present; waiting until {source.Time.GetLocalNow() + left:HH:mm:ss} for a server that does");
            }

            await Task.Delay(pause < left ? pause : left, source.Time, cancellationToken);
        }
    }

    private async Task<SessionLink?> LoadHereAsync(BlockSessionOptions part, CancellationToken cancellationToken)
    {
        try
        {
            return options.LoadHere is { } load && await load(part.Range, cancellationToken) is { } span && contract.Disagreement(span.Contract) is null
                ? new SessionLink(await span.OpenAsync(part, cancellationToken), part.Range)
                : null;
        }
        catch (Exception e) when (e is IOException or MemoryBudgetException or ModelFormatException)
        {
            return null; // no room, or not all the files
        }
    }
}
