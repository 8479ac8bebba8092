using Whorl.Models;

namespace Whorl.Swarm.Tests.Routes;

public class BalancedRouteTests
{
    private const int Draws = 2000;

    private readonly Servers _servers = new();

    [Fact]
    public void Servers_share_passes_by_what_they_can_do()
    {
        int[] drawn = Count([_servers.Of(0, 0, 5, throughput: 1), _servers.Of(1, 0, 5, throughput: 3)], []);
        Assert.InRange(drawn[1], Draws * 0.70, Draws * 0.80);
    }

    [Fact]
    public void Longer_runs_of_blocks_are_drawn_more_often_than_short_ones()
    {
        int[] drawn = Count([_servers.Of(0, 0, 0), _servers.Of(1, 0, 5), _servers.Of(2, 1, 5)], []);
        Assert.InRange(drawn[1], Draws * 0.81, Draws * 0.90); // six blocks of seven
    }

    [Fact]
    public void Servers_that_do_not_answer_are_hardly_ever_drawn_but_serve_where_there_is_no_other()
    {
        Dictionary<string, double> pings = new() { [_servers[0]] = double.PositiveInfinity };
        Assert.Equal(0, Count([_servers.Of(0, 0, 5), _servers.Of(1, 0, 5)], pings)[0]);
        Assert.Equal(Draws, Count([_servers.Of(0, 0, 5)], pings)[0]);
        Assert.Equal(Draws, Count([_servers.Of(0, 0, 5, throughput: 0)], [])[0]);
    }

    [Fact]
    public void Every_route_holds_every_block_once_and_the_same_seed_draws_it_again()
    {
        BlockServer[] servers = [_servers.Of(0, 0, 2), _servers.Of(1, 1, 3), _servers.Of(2, 2, 5), _servers.Of(3, 4, 5)];
        for (int seed = 0; seed < 100; seed++)
        {
            IReadOnlyList<RouteHop> route = BalancedRoute.Draw(servers, new BlockRange(0, 5), new Dictionary<string, double>(), new Random(seed));
            Assert.Equal(Enumerable.Range(0, 6), route.SelectMany(h => Enumerable.Range(h.Range.First, h.Range.Count)));
            Assert.Equal(route, BalancedRoute.Draw(servers, new BlockRange(0, 5), new Dictionary<string, double>(), new Random(seed)));
        }

        Assert.Empty(BalancedRoute.Draw(servers, new BlockRange(0, 6), new Dictionary<string, double>(), new Random(1)));
    }

    /// <summary>How often each server is the first.</summary>
    private static int[] Count(BlockServer[] servers, Dictionary<string, double> pings)
    {
        Random random = new(1);
        int[] counts = new int[servers.Length];
        for (int i = 0; i < Draws; i++)
        {
            counts[Array.IndexOf(servers, BalancedRoute.Draw(servers, new BlockRange(0, 5), pings, random)[0].Server)]++;
        }

        return counts;
    }
}
