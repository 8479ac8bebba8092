using Whorl.Dht.Kademlia;
using Whorl.Dht.Records;
using Xunit.Abstractions;

namespace Whorl.Dht.Tests;

public sealed class SwarmTests(ITestOutputHelper output)
{
    private const int Size = 50;

    [Fact]
    [Trait("Tier", "Long")]
    public async Task Every_value_is_found_by_every_node_while_a_fifth_of_the_swarm_leaves_every_minute()
    {
        // As Petals does: every node announces itself, anew every half minute and for a minute each time, under a key that several share.
        await using Swarm swarm =
            await Swarm.StartAsync(seed: 1, Size, new DhtOptions { Workers = 16, RefreshPeriod = TimeSpan.FromSeconds(30) });
        for (int minute = 0; minute < 3; minute++)
        {
            await AnnounceAsync(swarm);
            await swarm.PassAsync(TimeSpan.FromSeconds(30));
            await AnnounceAsync(swarm);
            DhtNode[] before = [.. swarm.Nodes];

            await swarm.KillAsync(Size / 5);
            for (int i = 0; i < Size / 5; i++)
            {
                await swarm.AddAsync();
            }

            // What the dead announced half a minute ago has not expired: it is still to be found.
            foreach (DhtNode reader in swarm.Nodes)
            {
                IReadOnlyDictionary<DhtId, DhtValue> found =
                    await reader.GetManyAsync([.. before.Select(Key).Distinct()], latest: true, TestLimits.Token());
                Assert.All(before, owner => Assert.Equal(
                    owner.PeerId.ToString(), Swarm.Unpack(found.GetValueOrDefault(Key(owner)), owner.PeerId.ToString())));
            }

            await swarm.PassAsync(TimeSpan.FromSeconds(30));
        }

        await swarm.DisposeAsync();
        Assert.Equal(0, swarm.Network.OpenStreams);
    }

    [Fact]
    public async Task A_look_up_takes_at_most_three_round_trips_in_the_median()
    {
        await using Swarm swarm = await Swarm.StartAsync(seed: 2, Size);
        Random random = new(2);
        string[] keys = [.. Enumerable.Range(0, 40).Select(i => $"key {i}")];
        foreach (string key in keys)
        {
            Assert.True(await swarm[random.Next(Size)].StoreAsync(key, Swarm.Pack(key), swarm[0].Now + 600, null, TestLimits.Token()));
        }

        List<int> first = [];
        List<int> latest = [];
        foreach (string key in keys)
        {
            // A fresh client has nothing cached, and each asks for one key.
            await using DhtNode client = await swarm.AddAsync(new DhtOptions { ClientMode = true, CacheNearest = 0, Workers = 32 });
            (Dictionary<DhtId, DhtValue> found, LookupStatistics statistics) =
                await client.LookUpAsync([DhtId.OfKey(key)], client.Now, isRefresh: false, TestLimits.Token());
            Assert.Equal(key, Swarm.Unpack(found[DhtId.OfKey(key)]));
            first.Add(statistics.RoundTrips);

            (found, statistics) =
                await client.LookUpAsync([DhtId.OfKey(key)], double.PositiveInfinity, isRefresh: true, TestLimits.Token());
            Assert.Equal(key, Swarm.Unpack(found[DhtId.OfKey(key)]));
            latest.Add(statistics.RoundTrips);
        }

        output.WriteLine($"{Size} nodes: {Median(first)} round trips to the first value, {Median(latest)} to the latest, in the median of {keys.Length} keys");
        Assert.InRange(Median(first), 1, 3);
        Assert.InRange(Median(latest), 1, 3);
        await swarm.DisposeAsync();
    }

    [Fact]
    public async Task A_value_is_on_the_nearest_nodes_and_a_nearer_one_that_joins_is_given_it()
    {
        await using Swarm swarm = await Swarm.StartAsync(seed: 3, count: 20);
        DhtId key = DhtId.OfKey("wanted");
        Assert.True(await swarm[0].StoreAsync("wanted", Swarm.Pack("value"), swarm[0].Now + 600, null, TestLimits.Token()));
        await swarm.SettleAsync();

        DhtNode[] nearest = [.. swarm.Nodes.OrderBy(node => node.Id.DistanceTo(key))];
        Assert.All(nearest[..5], node => Assert.True(Holds(node, key)));
        Assert.All(nearest[5..], node => Assert.False(Holds(node, key)));

        byte[] near = key.ToBytes();
        near[^1] ^= 1;
        DhtNode joined = await swarm.AddAsync(new DhtOptions { NodeId = DhtId.FromBytes(near) });
        Assert.True(Holds(joined, key));
        await swarm.DisposeAsync();
    }

    [Fact]
    public async Task Of_concurrent_writers_the_latest_expiration_wins_and_subkeys_live_side_by_side()
    {
        await using Swarm swarm = await Swarm.StartAsync(seed: 4, count: 12);
        double now = swarm[0].Now;
        bool[] stored = await Task.WhenAll(Enumerable.Range(0, 12).Select(i =>
            swarm[i].StoreAsync("shared", Swarm.Pack($"by {i}"), now + 100 + i, DhtSubkey.OfText($"writer {i}"), TestLimits.Token())));
        Assert.All(stored, Assert.True);
        Assert.False(await swarm[3].StoreAsync("shared", Swarm.Pack("stale"), now + 50, DhtSubkey.OfText("writer 5"), TestLimits.Token()));

        DhtValue? value = await swarm[7].GetAsync("shared", latest: true, TestLimits.Token());
        Assert.Equal(12, value!.Items!.Count);
        Assert.Equal("by 5", Swarm.Unpack(value, "writer 5"));
        Assert.Equal(now + 111, value.Expiration);

        await swarm.PassAsync(TimeSpan.FromSeconds(105.5));
        value = await swarm[2].GetAsync("shared", latest: true, TestLimits.Token());
        Assert.Equal(6, value!.Items!.Count);
        await swarm.PassAsync(TimeSpan.FromSeconds(60));
        Assert.Null(await swarm[2].GetAsync("shared", latest: true, TestLimits.Token()));
        await swarm.DisposeAsync();
    }

    [Fact]
    public async Task A_found_value_is_cached_and_looked_up_anew_shortly_before_it_expires()
    {
        await using Swarm swarm = await Swarm.StartAsync(seed: 5, count: 12);
        double now = swarm[0].Now;
        DhtId key = DhtId.OfKey("hot");
        await swarm[0].StoreAsync("hot", Swarm.Pack("old"), now + 60, null, TestLimits.Token());
        DhtNode reader = swarm.Nodes.OrderBy(node => node.Id.DistanceTo(key)).Last();
        Assert.Equal("old", Swarm.Unpack(await reader.GetAsync(key, latest: false, TestLimits.Token())));
        await swarm.SettleAsync();
        (_, LookupStatistics statistics) = await reader.LookUpAsync([key], reader.Now, isRefresh: false, TestLimits.Token());
        Assert.Equal(0, statistics.Calls);
        DhtNode writer = swarm.Nodes.OrderBy(node => node.Id.DistanceTo(key)).First();
        await writer.StoreAsync("hot", Swarm.Pack("new"), now + 600, null, TestLimits.Token());

        await swarm.PassAsync(TimeSpan.FromSeconds(55.1));
        await swarm.SettleAsync();
        (Dictionary<DhtId, DhtValue> found, statistics) = await reader.LookUpAsync([key], reader.Now, isRefresh: false, TestLimits.Token());

        Assert.Equal(("new", 0), (Swarm.Unpack(found[key]), statistics.Calls));
        await swarm.DisposeAsync();
    }

    private static Task AnnounceAsync(Swarm swarm) => Task.WhenAll(swarm.Nodes.Select(async node => Assert.True(await node.StoreManyAsync(
        [new DhtEntry(Key(node), Swarm.Pack(node.PeerId.ToString()), node.Now + 61, DhtSubkey.OfText(node.PeerId.ToString()))], TestLimits.Token()) is [true])));

    private static DhtId Key(DhtNode owner) => DhtId.OfKey($"block.{owner.Id.ToBytes()[0] % 8}");

    private static bool Holds(DhtNode node, DhtId key) => node.Protocol.Locked((_, storage, _) => storage.TryGet(key, out _, out _));

    private static int Median(List<int> values) => values.Order().ElementAt(values.Count / 2);
}
