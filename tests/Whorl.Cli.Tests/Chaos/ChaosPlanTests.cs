using Whorl.Cli.Chaos;
using Whorl.Models;

namespace Whorl.Cli.Tests.Chaos;

/// <summary>What a chaos run does is decided by its seed.</summary>
public sealed class ChaosPlanTests
{
    [Fact]
    public void The_same_seed_gives_the_same_plan_and_another_another()
    {
        Assert.Equal(Told(Plan(7, 3)), Told(Plan(7, 3)));
        Assert.NotEqual(Told(Plan(7, 3)), Told(Plan(7, 4)));
        Assert.NotEqual(Told(Plan(7, 3)), Told(Plan(8, 3)));
    }

    [Theory]
    [InlineData(2, 6)]
    [InlineData(200, 1024)]
    [InlineData(201, 1024)]
    [InlineData(900, 1024)]
    public void A_plan_fits_its_session_and_its_events_fall_within_it(int tokens, int context)
    {
        for (int generation = 0; generation < 200; generation++)
        {
            ChaosPlan plan = ChaosPlan.Make(1, generation, tokens, context, vocabulary: 50, servers: 4, faults: 5, Enum.GetValues<ChaosKind>());

            Assert.Equal(tokens, plan.Turns.Sum(turn => turn.Tokens));
            Assert.InRange(plan.Turns.Sum(turn => turn.Prompt.Count + turn.Tokens), tokens + 2, context);
            Assert.All(plan.Turns, turn => Assert.NotEmpty(turn.Prompt));
            Assert.All(plan.Turns.SelectMany(turn => turn.Prompt), id => Assert.InRange(id, 0, 49));
            Assert.Equal(5, plan.Events.Count);
            Assert.All(plan.Events, e => Assert.InRange(e.Server, 0, 3));
            Assert.All(plan.Events, e => Assert.InRange(e.Token, -1, plan.Turns[e.Turn].Tokens));
        }
    }

    [Fact]
    public void Every_kind_falls_on_every_server_in_the_course_of_many()
    {
        IReadOnlyList<ChaosKind> kinds = Enum.GetValues<ChaosKind>();
        IEnumerable<(ChaosKind, int)> seen = Enumerable.Range(0, 100).SelectMany(i => Plan(1, i).Events).Select(e => (e.Kind, e.Server)).Distinct();

        Assert.Equal(kinds.Count * 4, seen.Count());
    }

    [Fact]
    public void Servers_lie_only_to_who_can_do_without_them()
    {
        IEnumerable<ChaosPlan> plans = Enumerable.Range(0, 100).Select(i => Plan(1, i));
        Assert.All(plans, plan => Assert.True(plan.ComputesLostBlocks || plan.Events.All(e => e.Kind != ChaosKind.Lie)));
        ChaosPlan lies = ChaosPlan.Make(1, 0, 10, 100, vocabulary: 50, servers: 2, faults: 3, [ChaosKind.Lie]);
        Assert.True(lies.ComputesLostBlocks);
        Assert.All(lies.Events, e => Assert.Equal(ChaosKind.Lie, e.Kind));
    }

    [Theory]
    [InlineData(6, 1, 1)]
    [InlineData(6, 2, 2)]
    [InlineData(6, 3, 2)]
    [InlineData(6, 5, 4)]
    [InlineData(2, 5, 2)]
    public void Servers_hold_all_blocks_and_some_twice(int blocks, int servers, int parts)
    {
        IReadOnlyList<BlockRange> ranges = ChaosSwarm.Divide(blocks, servers);

        Assert.Equal(Enumerable.Range(0, blocks), ranges.Take(parts).SelectMany(r => Enumerable.Range(r.First, r.Count)));
        Assert.Equal(ranges.Take(parts), ranges.Distinct());
        Assert.Equal(servers, ranges.Count);
    }

    private static ChaosPlan Plan(ulong seed, int generation) => ChaosPlan.Make(seed, generation, 40, 512, 100, 4, 8, Enum.GetValues<ChaosKind>());

    private static string Told(ChaosPlan plan) =>
        $"{plan.Seed}: {string.Join("; ", plan.Turns.Select(t => $"{string.Join(',', t.Prompt)} +{t.Tokens}"))}: {string.Join("; ", plan.Events)}";
}
