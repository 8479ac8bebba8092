using Whorl.Dht.Kademlia;

namespace Whorl.Dht.Tests.Kademlia;

public sealed class RoutingTableTests
{
    private readonly Random _random = new(2);

    [Fact]
    public void The_nearest_are_the_nearest_of_all()
    {
        DhtId self = DhtId.Random(_random);
        var table = new RoutingTable<int>(self, bucketSize: 20, depthModulo: 5);
        for (int peer = 0; peer < 300; peer++)
        {
            table.AddOrUpdate(DhtId.Random(_random), peer, out _);
        }

        (DhtId Id, int Peer)[] all = [.. table.Nodes];
        for (int i = 0; i < 50; i++)
        {
            DhtId target = DhtId.Random(_random);
            Assert.Equal(all.OrderBy(node => node.Id.DistanceTo(target)).Take(20), table.Nearest(target, 20));
        }
    }

    [Fact]
    public void Every_bucket_keeps_to_its_size_and_near_nodes_are_all_kept()
    {
        DhtId self = DhtId.Random(_random);
        var table = new RoutingTable<int>(self, bucketSize: 4, depthModulo: 2);
        List<DhtId> seen = [];
        for (int peer = 0; peer < 1000; peer++)
        {
            seen.Add(DhtId.Random(_random));
            table.AddOrUpdate(seen[^1], peer, out _);
        }

        Assert.True(table.BucketCount > 8);
        Assert.True(table.Nodes.Count() <= 4 * table.BucketCount);
        Assert.Equal(seen.OrderBy(id => id.DistanceTo(self)).Take(4), table.Nearest(self, 4).Select(node => node.Id));
    }

    [Fact]
    public void A_full_bucket_names_its_least_recently_seen_node_once_and_takes_the_new_one_in_its_place()
    {
        // All ids lie in the half that does not cover this node, at depth 1 with b = 1: that bucket never splits.
        var table = new RoutingTable<string>(default, bucketSize: 2, depthModulo: 1);
        table.AddOrUpdate(Far(1), "a", out _);
        table.AddOrUpdate(Far(2), "b", out _);
        table.AddOrUpdate(Near(1), "near", out _);

        Assert.True(table.AddOrUpdate(Far(3), "c", out string? toPing));
        Assert.Equal("a", toPing);
        Assert.True(table.AddOrUpdate(Far(4), "d", out toPing));
        Assert.Equal("b", toPing);
        Assert.False(table.AddOrUpdate(Far(5), "e", out _));
        Assert.Equal(["a", "b", "near"], table.Nodes.Select(node => node.Peer).Order());

        table.AddOrUpdate(Far(1), "a", out _); // it answered the ping
        table.Remove("b");
        Assert.Equal(["a", "e", "near"], table.Nodes.Select(node => node.Peer).Order());
    }

    [Fact]
    public void A_peer_with_a_new_id_gives_up_its_old_one_and_this_node_never_enters()
    {
        DhtId self = DhtId.Random(_random);
        var table = new RoutingTable<string>(self, 20, 5);
        table.AddOrUpdate(Far(1), "a", out _);
        table.AddOrUpdate(Far(2), "a", out _);
        table.AddOrUpdate(self, "self", out _);

        Assert.Equal([(Far(2), "a")], table.Nodes);
        Assert.False(table.Contains(Far(1), "a"));
        table.Remove("nobody");
    }

    [Fact]
    public void A_node_can_be_left_out_of_the_nearest()
    {
        var table = new RoutingTable<string>(default, 20, 5);
        table.AddOrUpdate(Far(1), "a", out _);
        table.AddOrUpdate(Far(2), "b", out _);

        Assert.Equal("b", Assert.Single(table.Nearest(Far(1), 5, exclude: Far(1))).Peer);
    }

    [Fact]
    public void A_flood_of_nodes_leaves_the_table_bounded()
    {
        var table = new RoutingTable<int>(default, bucketSize: 4, depthModulo: 2);
        for (int peer = 0; peer < 20_000; peer++)
        {
            table.AddOrUpdate(DhtId.Random(_random), peer, out _);
        }

        Assert.InRange(table.Nodes.Count(), 1, 4 * table.BucketCount);
        Assert.InRange(table.BucketCount, 1, 200);
    }

    private static DhtId Far(byte number) => DhtId.FromBytes([0x80 | 0x40, .. new byte[18], number]);

    private static DhtId Near(byte number) => DhtId.FromBytes([0x00, .. new byte[18], number]);
}
