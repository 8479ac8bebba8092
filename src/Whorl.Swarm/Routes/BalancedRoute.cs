using Whorl.Models;

namespace Whorl.Swarm;

/// <summary>
/// Draws servers for forward and backward passes, so that many clients share them by what they can do: Petals' mode <c>max_throughput</c>
/// (<c>RemoteSequenceManager</c>). No I/O and no clock.
/// </summary>
/// <remarks>Petals weighs a server by the number of its blocks; here its announced throughput counts as well, so that equals share alike and others by their speed.</remarks>
public static class BalancedRoute
{
    private const double HardlyEver = 1e-6; // the weight of a server that did not answer a ping, relative to the others
    private const double Incredible = 1e9; // tokens per second: what is announced beyond is a mistake or a lie

    /// <summary>Draws servers block after block; each computes to its own end.</summary>
    /// <param name="servers">Who may compute.</param>
    /// <param name="range">The blocks.</param>
    /// <param name="pings">Seconds of a round trip from here to servers, by base58 peer id; infinite where one did not answer.</param>
    /// <param name="random">Draws; the same seed and servers give the same route.</param>
    /// <returns>The servers in the order of their blocks; none where a block is held by nobody.</returns>
    public static IReadOnlyList<RouteHop> Draw(IReadOnlyList<BlockServer> servers, BlockRange range, IReadOnlyDictionary<string, double> pings, Random random)
    {
        List<RouteHop> route = [];
        for (int block = range.First; block <= range.Last; block = route[^1].Range.Last + 1)
        {
            BlockServer[] holders = [.. servers.Where(s => s.Holds(block))];
            if (holders.Length == 0)
            {
                return [];
            }

            double[] weights = [.. holders.Select(s => Weight(s, pings))];
            double drawn = random.NextDouble() * weights.Sum();
            int chosen = 0;
            while (chosen < holders.Length - 1 && drawn >= weights[chosen])
            {
                drawn -= weights[chosen++];
            }

            route.Add(new RouteHop(holders[chosen], new BlockRange(block, Math.Min(holders[chosen].Range.Last, range.Last))));
        }

        return route;
    }

    private static double Weight(BlockServer server, IReadOnlyDictionary<string, double> pings) =>
        server.Range.Count * Math.Clamp(server.Info.Throughput, HardlyEver, Incredible)
        * (pings.TryGetValue(server.Peer.ToString(), out double roundTrip) && double.IsPositiveInfinity(roundTrip) ? HardlyEver : 1);
}
