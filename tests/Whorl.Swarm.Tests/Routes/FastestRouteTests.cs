using Whorl.Models;

namespace Whorl.Swarm.Tests.Routes;

public class FastestRouteTests
{
    private static readonly BlockRange All = new(0, 5);
    private static readonly Dictionary<string, double> NoPings = [];

    private readonly Servers _servers = new();

    [Fact]
    public void Of_servers_that_hold_the_same_the_one_that_computes_faster_is_taken()
    {
        Assert.Equal("1:0..5", Route(_servers.Of(0, 0, 5, rps: 100), _servers.Of(1, 0, 5, rps: 200)));
        Assert.Equal("1:0..5", Route(_servers.Of(0, 0, 5, rps: 100), _servers.Of(1, 0, 5))); // unknown counts as 300
        Assert.Equal("0:0..5", Route(_servers.Of(0, 0, 5, rps: 400), _servers.Of(1, 0, 5)));
    }

    [Fact]
    public void The_nearer_server_is_taken_and_one_that_did_not_answer_only_where_there_is_no_other()
    {
        Dictionary<string, double> pings = new() { [_servers[0]] = 0.2, [_servers[1]] = 0.1, [_servers[2]] = double.PositiveInfinity };
        BlockServer[] same = [_servers.Of(0, 0, 5), _servers.Of(1, 0, 5), _servers.Of(2, 0, 5)];
        Assert.Equal("1:0..5", Route(pings, 0, same));
        Assert.Equal("2:0..5", Route(pings, 0, same[2]));
        Assert.Equal("3:0..5", Route(pings, 0, [same[2], _servers.Of(3, 0, 5)])); // not pinged: 0.15 s
        Assert.Equal("0:0..5", Route(pings, 0, [same[0], _servers.Of(3, 0, 5)])); // half of 0.2 s
    }

    [Fact]
    public void From_server_to_server_the_first_ones_own_pings_count()
    {
        BlockServer first = _servers.Of(0, 0, 2, next: new() { [_servers[1]] = 1, [_servers[2]] = 0.01 });
        Assert.Equal("0:0..2 2:3..5", Route(first, _servers.Of(1, 3, 5), _servers.Of(2, 3, 5)));
        Assert.Equal("0:0..2 3:3..5", Route(first, _servers.Of(1, 3, 5), _servers.Of(3, 3, 5)));
    }

    [Fact]
    public void A_server_is_entered_at_any_block_and_left_at_its_end()
    {
        Assert.Equal("0:0..1 1:2..5", Route(_servers.Of(0, 0, 1), _servers.Of(1, 1, 5)));
        Assert.Equal("0:0..3 1:4..5", Route(_servers.Of(0, 0, 3), _servers.Of(1, 3, 7)));
        Assert.Equal("0:2..4", _servers.Text(FastestRoute.Find([_servers.Of(0, 0, 5)], new BlockRange(2, 4), NoPings, 0)));
    }

    [Fact]
    public void A_server_without_memory_for_the_session_is_avoided_where_another_way_costs_less_than_ten_seconds()
    {
        BlockServer full = _servers.Of(0, 0, 5, cache: 1199), left = _servers.Of(1, 0, 2), right = _servers.Of(2, 3, 5);
        Assert.Equal("0:0..5", Route(NoPings, 99, full, left, right));
        Assert.Equal("1:0..2 2:3..5", Route(NoPings, 100, full, left, right)); // 100 tokens x 6 blocks x keys and values
        Assert.Equal("0:0..5", Route(NoPings, 100, full));
    }

    [Fact]
    public void Of_equally_fast_routes_the_one_of_fewer_servers_wins_and_then_the_order_of_the_list()
    {
        Dictionary<string, double> near = Enumerable.Range(0, 4).ToDictionary(i => _servers[i], _ => 0.0);
        double rps = 1 / 0.018; // as long for a block as for a hand-over
        Assert.Equal("3:0..1", _servers.Text(FastestRoute.Find(
            [_servers.Of(1, 0, 0, rps: 2 * rps, next: near), _servers.Of(2, 1, 1, rps: 2 * rps, next: near), _servers.Of(3, 0, 1, rps: rps, next: near)], new BlockRange(0, 1), near, 0)));
        Assert.Equal("1:0..5", Route(_servers.Of(1, 0, 5), _servers.Of(0, 0, 5)));
        Assert.Equal("0:0..5", Route(_servers.Of(0, 0, 5), _servers.Of(1, 0, 5)));
    }

    [Fact]
    public void Where_nobody_holds_a_block_there_is_no_route()
    {
        Assert.Equal("", Route(_servers.Of(0, 0, 2), _servers.Of(1, 4, 5)));
        Assert.Equal("", Route(_servers.Of(0, 0, 4)));
        Assert.Equal("", Route());
    }

    [Fact]
    public void What_is_announced_beyond_belief_gains_nothing()
    {
        Assert.Equal("0:0..5", Route(_servers.Of(0, 0, 5, rps: 1e5), _servers.Of(1, 0, 5, rps: 1e300)));
        Assert.Equal("1:0..5", Route(_servers.Of(0, 0, 5, rps: 1e4), _servers.Of(1, 0, 5, rps: double.MaxValue)));
    }

    [Fact]
    public void A_large_swarm_is_searched_without_garbage()
    {
        Servers many = new(500);
        Random random = new(1);
        BlockServer[] servers = [.. Enumerable.Range(0, 500).Select(i =>
        {
            int first = random.Next(0, 80);
            return many.Of(i, first, Math.Min(79, first + random.Next(1, 12)), rps: 10 + (random.NextDouble() * 100));
        })];
        long before = GC.GetAllocatedBytesForCurrentThread();
        IReadOnlyList<RouteHop> route = FastestRoute.Find(servers, new BlockRange(0, 79), NoPings, 0);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 1, 500_000);
        Assert.Equal((0, 79), (route[0].Range.First, route[^1].Range.Last));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void No_other_route_is_faster_in_any_swarm(int seed)
    {
        Random random = new(seed);
        for (int swarm = 0; swarm < 100; swarm++)
        {
            BlockServer[] servers = [.. Enumerable.Range(0, random.Next(1, 9)).Select(i => Draw(random, i))];
            Dictionary<string, double> pings = Pings(random);
            int tokens = random.Next(0, 200);

            IReadOnlyList<RouteHop> route = FastestRoute.Find(servers, All, pings, tokens);

            List<IReadOnlyList<RouteHop>> all = [.. Every(servers, All.First)];
            Assert.Equal(all.Count == 0, route.Count == 0);
            if (all.Count > 0)
            {
                Assert.Equal(all.Min(r => Cost(r, pings, tokens)), Cost(route, pings, tokens), 1e-12);
            }
        }
    }

    private string Route(params BlockServer[] servers) => Route(NoPings, 0, servers);

    private string Route(Dictionary<string, double> pings, int tokens, params BlockServer[] servers) => _servers.Text(FastestRoute.Find(servers, All, pings, tokens));

    private BlockServer Draw(Random random, int peer)
    {
        int first = random.Next(0, 6);
        return _servers.Of(
            peer, first, random.Next(first, 6), random.Next(4) == 0 ? null : 10 + (random.NextDouble() * 100), random.Next(3) == 0 ? null : random.Next(0, 1000),
            next: random.Next(3) == 0 ? null : Pings(random));
    }

    private Dictionary<string, double> Pings(Random random)
    {
        Dictionary<string, double> pings = [];
        for (int i = 0; i < 9; i++)
        {
            if (random.Next(3) > 0)
            {
                pings[_servers[i]] = random.Next(5) == 0 ? double.PositiveInfinity : random.NextDouble() * 0.3;
            }
        }

        return pings;
    }

    private static IEnumerable<IReadOnlyList<RouteHop>> Every(BlockServer[] servers, int block)
    {
        if (block > All.Last)
        {
            return [[]];
        }

        return servers.Where(s => s.Range.First <= block && block <= s.Range.Last)
            .Select(s => new RouteHop(s, new BlockRange(block, s.Range.Last)))
            .SelectMany(hop => Every(servers, hop.Range.Last + 1).Select(rest => (IReadOnlyList<RouteHop>)[hop, .. rest]));
    }

    /// <summary>Petals' table of costs, written down a second time.</summary>
    private static double Cost(IReadOnlyList<RouteHop> route, Dictionary<string, double> pings, int tokens)
    {
        double cost = Half(pings, route[^1]);
        for (int i = 0; i < route.Count; i++)
        {
            BlockServer server = route[i].Server;
            cost += Half(i == 0 ? pings : route[i - 1].Server.Info.NextPings, route[i]) + 0.018;
            cost += server.Info.CacheTokensLeft is { } left && tokens * 2L * server.Range.Count > left ? 10 : 0;
            cost += route[i].Range.Count / (server.Info.InferenceRps ?? 300);
        }

        return cost;

        static double Half(IReadOnlyDictionary<string, double>? pings, RouteHop to) =>
            pings is not null && pings.TryGetValue(to.Server.Peer.ToString(), out double trip) ? Math.Min(trip / 2, 5) : 0.15;
    }
}
