using Whorl.Dht.Kademlia;

namespace Whorl.Dht.Tests.Kademlia;

public sealed class BeamSearchTests
{
    private readonly Random _random = new(3);

    [Theory]
    [InlineData(1, 1)]
    [InlineData(4, 1)]
    [InlineData(4, 3)]
    [InlineData(32, 4)]
    public void The_nearest_nodes_of_a_network_are_found_for_every_target(int workers, int targetsPerStep)
    {
        // Each node knows its 8 nearest and a few others, as routing tables do.
        DhtId[] network = [.. Enumerable.Range(0, 200).Select(_ => DhtId.Random(_random))];
        Dictionary<DhtId, DhtId[]> known = network.ToDictionary(
            id => id, id => network.OrderBy(other => other.DistanceTo(id)).Skip(1).Take(8).Concat(_random.GetItems(network, 8)).ToArray());
        DhtId[] targets = [.. Enumerable.Range(0, 12).Select(_ => DhtId.Random(_random))];
        BeamSearch search = new(targets, network[..3], self: network[0], beamSize: 10, targetsPerStep);
        Dictionary<DhtId, IReadOnlyList<DhtId>> found = [];
        Queue<BeamStep> active = [];
        while (!search.IsFinished)
        {
            while (active.Count < workers && search.TryTake(out BeamStep? step))
            {
                Assert.NotEqual(network[0], step.Node);
                Assert.InRange(step.Targets.Count, 1, targetsPerStep);
                active.Enqueue(step);
            }

            if (active.TryDequeue(out BeamStep? asked))
            {
                search.Report(asked, asked.Targets.ToDictionary(
                    target => target,
                    IReadOnlyList<DhtId> (target) => [.. known[asked.Node].OrderBy(node => node.DistanceTo(target)).Take(8)]));
            }

            while (search.TryTakeFinished(out DhtId target))
            {
                found.Add(target, search.Nearest(target));
            }
        }

        Assert.Equal(targets.Length, found.Count);
        foreach (DhtId target in targets)
        {
            DhtId[] expected = [.. network.Skip(1).OrderBy(node => node.DistanceTo(target)).Take(5)];
            Assert.Equal(expected, found[target].Take(5));
        }
    }

    [Fact]
    public void Without_nodes_everything_is_finished_at_once()
    {
        BeamSearch search = new([DhtId.Random(_random)], [], default, 20, 1);

        Assert.True(search.IsFinished);
        Assert.False(search.TryTake(out _));
        Assert.True(search.TryTakeFinished(out DhtId target));
        Assert.Empty(search.Nearest(target));
        Assert.False(search.TryTakeFinished(out _));
    }

    [Fact]
    public void A_node_that_fails_leaves_the_beam_and_makes_room_for_farther_ones()
    {
        DhtId target = default;
        DhtId[] nodes = [.. Enumerable.Range(1, 3).Select(i => DhtId.FromBytes([(byte)i]))];
        BeamSearch search = new([target], nodes, DhtId.FromBytes([9]), beamSize: 2, targetsPerStep: 1);

        Assert.True(search.TryTake(out BeamStep? step));
        search.Report(step, null);
        Assert.True(search.TryTake(out step));
        search.Report(step, new Dictionary<DhtId, IReadOnlyList<DhtId>> { [target] = [nodes[2]] });

        Assert.DoesNotContain(nodes[0], search.Nearest(target));
        Assert.Contains(nodes[1], search.Nearest(target));
    }

    [Fact]
    public void A_stopped_target_is_finished_and_late_answers_do_no_harm()
    {
        DhtId[] targets = [DhtId.Random(_random), DhtId.Random(_random)];
        DhtId[] nodes = [.. Enumerable.Range(0, 5).Select(_ => DhtId.Random(_random))];
        BeamSearch search = new(targets, nodes, default, 20, 2);
        Assert.True(search.TryTake(out BeamStep? step));
        search.Stop(targets[0]);
        search.Stop(targets[1]);

        Assert.True(search.IsFinished);
        Assert.False(search.TryTake(out _));
        search.Report(step, null);
        Assert.True(search.TryTakeFinished(out _));
        Assert.True(search.TryTakeFinished(out _));
        Assert.False(search.TryTakeFinished(out _));
    }
}
