using Whorl.Models;

namespace Whorl.Client.Routing;

/// <summary>
/// Chooses the servers through which a token comes soonest, as Petals' clients do for inference (<c>RemoteSequenceManager</c>, mode
/// <c>min_latency</c>), with their constants. No I/O and no clock.
/// </summary>
/// <remarks>
/// A server may be entered at any of its blocks and is left at its last. Handing a token over costs half a round trip and an overhead,
/// computing costs a block's time for each block. As blocks are only passed upwards, Dijkstra's search is one walk over the blocks.
/// Of equally fast routes the one with fewer servers is taken, then the one whose servers come first in the list.
/// </remarks>
public static class FastestRoute
{
    private const double UnknownDelay = 0.15; // seconds, as all below
    private const double LongestDelay = 5;
    private const double Overhead = 0.018; // of serialization at either end
    private const double WaitForCache = 10; // what a server without enough memory for the session counts as
    private const double UnknownInferenceRps = 300;

    /// <summary>Finds the fastest route.</summary>
    /// <param name="servers">Who may compute.</param>
    /// <param name="range">The blocks.</param>
    /// <param name="pings">Seconds of a round trip from here to servers, by base58 peer id; infinite where one did not answer.</param>
    /// <param name="tokens">Tokens that the session reserves memory for.</param>
    /// <returns>The servers in the order of their blocks; none where a block is held by nobody.</returns>
    public static IReadOnlyList<RouteHop> Find(IReadOnlyList<BlockServer> servers, BlockRange range, IReadOnlyDictionary<string, double> pings, int tokens)
    {
        Way?[] ways = new Way?[servers.Count];
        for (int block = range.First; block <= range.Last; block++)
        {
            Way?[] before = [.. block == range.First ? [Way.Start] : ways.Where(w => w?.Hop!.Range.Last == block - 1)];
            for (int i = 0; i < servers.Count; i++)
            {
                if (servers[i].Holds(block))
                {
                    ways[i] = before.Select(way => way!.Through(servers[i], new BlockRange(block, Math.Min(servers[i].Range.Last, range.Last)), pings, tokens))
                        .Prepend(ways[i]).Aggregate(Better);
                }
            }
        }

        Way? best = ways.Where(w => w?.Hop!.Range.Last == range.Last).Select(w => w! with { Cost = w.Cost + Delay(pings, w.Hop!.Server) }).Aggregate((Way?)null, Better);
        List<RouteHop> route = [];
        for (; best?.Hop is not null; best = best.Before)
        {
            route.Insert(0, best.Hop);
        }

        return route;
    }

    private static Way? Better(Way? first, Way? second) =>
        first is null || (second is not null && (second.Cost, second.Hops).CompareTo((first.Cost, first.Hops)) < 0) ? second : first;

    private static double Delay(IReadOnlyDictionary<string, double> pings, BlockServer to) =>
        pings.TryGetValue(to.Peer.ToString(), out double roundTrip) ? Math.Min(roundTrip / 2, LongestDelay) : UnknownDelay;

    /// <summary>How a token may have come to where it is.</summary>
    /// <param name="Before">How it came to the last server.</param>
    /// <param name="Hop">The last server; null at the client.</param>
    /// <param name="Cost">Seconds.</param>
    /// <param name="Hops">Servers.</param>
    private sealed record Way(Way? Before, RouteHop? Hop, double Cost, int Hops)
    {
        public static Way Start { get; } = new(null, null, 0, 0);

        public Way Through(BlockServer server, BlockRange blocks, IReadOnlyDictionary<string, double> pings, int tokens)
        {
            double delay = Delay(Hop is null ? pings : Hop.Server.Info.NextPings ?? new Dictionary<string, double>(), server);
            double waiting = 2.0 * tokens * server.Range.Count > server.Info.CacheTokensLeft ? WaitForCache : 0; // keys and values count apart
            double computing = blocks.Count / (server.Info.InferenceRps is > 0 and var rps ? rps : UnknownInferenceRps);
            return new Way(this, new RouteHop(server, blocks), Cost + delay + Overhead + waiting + computing, Hops + 1);
        }
    }
}
