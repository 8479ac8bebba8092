using Whorl.Dht.Kademlia;
using Whorl.Dht.Records;
using Whorl.P2P;
using Whorl.Protocol.Messages;
using Whorl.Swarm;

namespace Whorl.Dht.Tests.Records;

public sealed class SwarmDirectoryTests
{
    private static readonly ServerInfo Info = new() { State = ServerState.Online, Throughput = 2.5, StartBlock = 0, EndBlock = 4 };

    [Fact]
    public async Task Servers_are_found_under_each_of_their_blocks_until_they_expire()
    {
        await using Swarm swarm = await Swarm.StartAsync(seed: 1, count: 6, new DhtOptions { Workers = 8 });
        SwarmDirectory first = new(swarm[0]);
        SwarmDirectory second = new(swarm[1]);
        double now = swarm[0].Now;

        Assert.True(await first.DeclareServerAsync("model", Enumerable.Range(0, 4), Info, now + 60, TestLimits.Token()));
        Assert.True(await second.DeclareServerAsync("model", [3, 4], Info with { Throughput = 1 }, now + 30, TestLimits.Token()));

        IReadOnlyList<IReadOnlyDictionary<PeerId, ServerInfo>> found =
            await new SwarmDirectory(swarm[5]).FindServersAsync("model", [.. Enumerable.Range(0, 6)], latest: true, TestLimits.Token());
        Assert.Equal([1, 1, 1, 2, 1, 0], found.Select(servers => servers.Count));
        Assert.Equal(2.5, found[3][swarm[0].PeerId].Throughput);
        Assert.Equal(1, found[4][swarm[1].PeerId].Throughput);

        await swarm.PassAsync(TimeSpan.FromSeconds(31));
        found = await new SwarmDirectory(swarm[4]).FindServersAsync("model", [3, 4], latest: true, TestLimits.Token());
        Assert.Equal([1, 0], found.Select(servers => servers.Count));
    }

    [Fact]
    public async Task Of_each_server_the_announcement_that_holds_longest_is_found_with_its_end()
    {
        await using Swarm swarm = await Swarm.StartAsync(seed: 4, count: 4);
        SwarmDirectory first = new(swarm[0]);
        double now = swarm[0].Now;
        Assert.True(await first.DeclareServerAsync("model", [0, 1], Info, now + 60, TestLimits.Token()));
        Assert.True(await first.DeclareServerAsync("model", [1, 2], Info with { Throughput = 1 }, now + 90, TestLimits.Token()));

        (PeerId peer, ServerAnnouncement found) = Assert.Single(await new SwarmDirectory(swarm[3]).FindAnnouncementsAsync("model", [0, 1, 2, 3], TestLimits.Token()));
        Assert.Equal((swarm[0].PeerId, 1, now + 90), (peer, found.Info.Throughput, found.Expiration));
    }

    [Fact]
    public async Task Malformed_announcements_are_left_out()
    {
        await using Swarm swarm = await Swarm.StartAsync(seed: 2, count: 3);
        double later = swarm[0].Now + 60;
        SwarmDirectory directory = new(swarm[0]);
        await directory.DeclareServerAsync("model", [0], Info, later, TestLimits.Token());
        DhtId key = DhtId.OfKey(new ModuleUid("model", 0).ToString());
        await swarm[1].StoreManyAsync(
            [new DhtEntry(key, Swarm.Pack("junk"), later, DhtSubkey.OfText(swarm[1].PeerId.ToString()))], TestLimits.Token());
        await swarm[2].StoreManyAsync([new DhtEntry(key, Info.ToBytes(), later, DhtSubkey.OfText("nobody"))], TestLimits.Token());

        IReadOnlyDictionary<PeerId, ServerInfo> found =
            Assert.Single(await directory.FindServersAsync("model", [0], latest: true, TestLimits.Token()));
        Assert.Equal(swarm[0].PeerId, Assert.Single(found).Key);
    }

    [Fact]
    public async Task Models_are_listed_unless_they_are_private()
    {
        await using Swarm swarm = await Swarm.StartAsync(seed: 3, count: 3);
        SwarmDirectory directory = new(swarm[0]);
        double later = swarm[0].Now + 60;

        Assert.True(await directory.DeclareModelAsync("model", new ModelInfo(4, null), later, TestLimits.Token()));
        Assert.False(await directory.DeclareModelAsync("_private", new ModelInfo(4, null), later, TestLimits.Token()));
        Assert.True(await directory.DeclareModelAsync("a\u001b[2Jmodel", new ModelInfo(4, null), later, TestLimits.Token())); // left out where it is shown
        IReadOnlyDictionary<string, ModelInfo> models = await new SwarmDirectory(swarm[2]).FindModelsAsync(TestLimits.Token());
        Assert.Equal(new ModelInfo(4, null), Assert.Single(models).Value);
        await Assert.ThrowsAsync<ArgumentException>(
            () => directory.DeclareModelAsync("a.b", new ModelInfo(4, null), later, TestLimits.Token()));
    }
}
