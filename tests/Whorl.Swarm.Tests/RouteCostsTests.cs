using Whorl.Models;
using Whorl.Swarm.Tests.Routes;

namespace Whorl.Swarm.Tests;

public class RouteCostsTests
{
    private static readonly DateTimeOffset Start = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly Servers Some = new(3);

    [Fact]
    public void Times_are_smoothed_a_block_and_by_the_size_of_steps_and_forgotten_after_five_minutes()
    {
        RouteCosts costs = new();
        Add(7, 1, 4, seconds: 4, at: 0);
        Assert.Empty(costs.Current(1, Start)); // too few
        Add(1, 1, 4, seconds: 24, at: 1);
        Add(8, 500, 1, seconds: 9, at: 0);
        Assert.Equal(2, Assert.Single(costs.Current(1, Start)).Value, 9);
        Assert.Equal(9, costs.Current(257, Start)[Some[0]], 9);
        Assert.Empty(costs.Current(64, Start));
        Assert.Empty(costs.Current(500, Start.AddSeconds(300)));
        Assert.Single(costs.Current(1, Start.AddSeconds(300)));
        Assert.Empty(costs.Current(1, Start.AddSeconds(301)));
        Add(8, 1, 1, seconds: 5, at: 400);
        Assert.Equal(5, costs.Current(1, Start.AddSeconds(400))[Some[0]], 9);

        void Add(int times, int rows, int blocks, int seconds, int at)
        {
            for (int i = 0; i < times; i++)
            {
                costs.Add(Some.Id(0), rows, blocks, TimeSpan.FromSeconds(seconds), Start.AddSeconds(at));
            }
        }
    }

    [Fact]
    public void What_was_measured_counts_more_than_what_a_server_says_of_itself()
    {
        BlockServer[] servers = [Some.Of(0, 0, 3, rps: 1000), Some.Of(1, 0, 3, rps: 100)];
        Assert.Equal("0:0..3", Route([]));
        Assert.Equal("1:0..3", Route(new() { [Some[0]] = 0.5 }));
        Assert.Equal("0:0..3", Route(new() { [Some[0]] = 0.5, [Some[1]] = 0.6 }));

        string Route(Dictionary<string, double> costs) =>
            Some.Text(FastestRoute.Find(servers, new BlockRange(0, 3), new Dictionary<string, double>(), tokens: 8, costs));
    }
}
