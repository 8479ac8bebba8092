using Whorl.Models;

namespace Whorl.Swarm;

/// <summary>
/// Chooses the servers through which a token comes soonest, as Petals' clients do for inference (<c>RemoteSequenceManager</c>, mode
/// <c>min_latency</c>), with their constants. No I/O and no clock.
/// </summary>
/// <remarks>
/// A server may be entered at any of its blocks and is left at its last. Handing a token over costs half a round trip and an overhead,
/// computing costs a block's time for each block. As blocks are only passed upwards, Dijkstra's search is one walk over the blocks.
/// Of equally fast routes the one with fewer servers is taken, then the one whose servers come first in the list. Servers are entered from the
/// sixteen best that end before the block, so that a swarm of thousands costs thousands of steps and not millions.
/// </remarks>
public static class FastestRoute
{
    private const double UnknownDelay = 0.15; // seconds, as all below
    private const double LongestDelay = 5;
    private const double Overhead = 0.018; // of serialization at either end
    private const double WaitForCache = 10; // what a server without enough memory for the session counts as
    private const double UnknownInferenceRps = 300;
    private const double IncredibleRps = 1e5; // a block a token in 10 microseconds: what is announced beyond gains nothing
    private const int MostBefore = 16;

    /// <summary>Finds the fastest route.</summary>
    /// <param name="servers">Who may compute.</param>
    /// <param name="range">The blocks.</param>
    /// <param name="pings">Seconds of a round trip from here to servers, by base58 peer id; infinite where one did not answer.</param>
    /// <param name="tokens">Tokens that the session reserves memory for.</param>
    /// <param name="costs">Seconds a block that were measured, by base58 peer id; for all others what they say of themselves counts. Null for none.</param>
    /// <returns>The servers in the order of their blocks; none where a block is held by nobody.</returns>
    public static IReadOnlyList<RouteHop> Find(
        IReadOnlyList<BlockServer> servers,
        BlockRange range,
        IReadOnlyDictionary<string, double> pings,
        int tokens,
        IReadOnlyDictionary<string, double>? costs = null)
    {
        string[] names = [.. servers.Select(s => s.Peer.ToString())];
        double[] seconds = [.. servers.Select((s, i) => costs is not null && costs.TryGetValue(names[i], out double measured) ? measured : OfBlock(s))];
        Way[] ways = new Way[servers.Count]; // the best that ends with each server
        List<int> before = [];
        for (int block = range.First; block <= range.Last; block++)
        {
            FindBest(servers, ways, block - 1, before);
            for (int i = 0; i < servers.Count; i++)
            {
                BlockServer server = servers[i];
                if (!server.Holds(block) || (block > range.First && before.Count == 0))
                {
                    continue;
                }

                double there = Computing(server, Math.Min(server.Range.Last, range.Last) - block + 1, tokens, seconds[i]);
                if (block == range.First)
                {
                    ways[i] = new Way(Delay(pings, names[i]) + there, 1, -1, block);
                }

                foreach (int last in before)
                {
                    Way way = new(ways[last].Cost + Delay(servers[last].Info.NextPings, names[i]) + there, ways[last].Hops + 1, last, block);
                    ways[i] = way.IsBetterThan(ways[i]) ? way : ways[i];
                }
            }
        }

        return Trace(servers, range, ways, pings, names);
    }

    /// <summary>Those that end at a block, the best first, and in the order of the list among equals.</summary>
    private static void FindBest(IReadOnlyList<BlockServer> servers, Way[] ways, int end, List<int> best)
    {
        best.Clear();
        for (int i = 0; i < ways.Length; i++)
        {
            if (ways[i].Hops == 0 || servers[i].Range.Last != end)
            {
                continue;
            }

            int at = best.Count;
            while (at > 0 && ways[i].IsBetterThan(ways[best[at - 1]]))
            {
                at--;
            }

            if (at < MostBefore)
            {
                best.Insert(at, i);
                if (best.Count > MostBefore)
                {
                    best.RemoveAt(MostBefore);
                }
            }
        }
    }

    private static List<RouteHop> Trace(IReadOnlyList<BlockServer> servers, BlockRange range, Way[] ways, IReadOnlyDictionary<string, double> pings, string[] names)
    {
        Way best = default;
        int end = -1;
        for (int i = 0; i < ways.Length; i++)
        {
            Way whole = ways[i] with { Cost = ways[i].Cost + Delay(pings, names[i]) };
            if (ways[i].Hops > 0 && servers[i].Range.Last >= range.Last && whole.IsBetterThan(best))
            {
                (best, end) = (whole, i);
            }
        }

        List<RouteHop> route = [];
        for (int last = end; last >= 0; last = ways[last].Before)
        {
            route.Insert(0, new RouteHop(servers[last], new BlockRange(ways[last].First, Math.Min(servers[last].Range.Last, range.Last))));
        }

        return route;
    }

    private static double Delay(IReadOnlyDictionary<string, double>? pings, string to) =>
        pings is not null && pings.TryGetValue(to, out double roundTrip) ? Math.Min(roundTrip / 2, LongestDelay) : UnknownDelay;

    private static double OfBlock(BlockServer server) => 1 / (server.Info.InferenceRps is > 0 and var rps ? Math.Min(rps, IncredibleRps) : UnknownInferenceRps);

    private static double Computing(BlockServer server, int blocks, int tokens, double seconds)
    {
        double waiting = 2.0 * tokens * server.Range.Count > server.Info.CacheTokensLeft ? WaitForCache : 0; // keys and values count apart
        return Overhead + waiting + (blocks * seconds);
    }

    /// <summary>How a token may have come to the end of a server.</summary>
    /// <param name="Cost">Seconds.</param>
    /// <param name="Hops">Servers; 0 for no way.</param>
    /// <param name="Before">The server before it, or -1 for the client.</param>
    /// <param name="First">The block at which it is entered.</param>
    private readonly record struct Way(double Cost, int Hops, int Before, int First)
    {
        public bool IsBetterThan(in Way other) => other.Hops == 0 || (Cost, Hops).CompareTo((other.Cost, other.Hops)) < 0;
    }
}
