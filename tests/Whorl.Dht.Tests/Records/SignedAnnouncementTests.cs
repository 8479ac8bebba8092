using Whorl.Dht.Kademlia;
using Whorl.Dht.Protocol;
using Whorl.Dht.Records;
using Whorl.P2P;
using Whorl.Protocol.Messages;
using Whorl.Protocol.Rpc;
using Whorl.Swarm;

namespace Whorl.Dht.Tests.Records;

/// <summary>What strangers write in a server's name.</summary>
public sealed class SignedAnnouncementTests
{
    private static readonly ServerInfo Info = new() { State = ServerState.Online, Throughput = 2.5, StartBlock = 0, EndBlock = 2 };
    private static readonly DhtId Block = DhtId.OfKey(new ModuleUid("model", 0).ToString());

    [Theory]
    [InlineData(3000)]
    [InlineData(1e6)]
    [InlineData(double.PositiveInfinity)]
    public async Task A_stranger_cannot_say_that_a_server_is_gone(double later)
    {
        await using Swarm swarm = await Swarm.StartAsync(seed: 1, count: 4);
        PeerIdentity identity = PeerIdentity.Generate();
        await using IPeerHost host = swarm.Network.AddHost(identity);
        await using DhtNode server = await JoinAsync(swarm, host);
        Assert.True(await new SwarmDirectory(server).DeclareServerAsync("model", [0, 1], Info, server.Now + 240, TestLimits.Token()));

        ForgeEverywhere(swarm, identity.Id, server.Now + later);

        Assert.Equal(ServerState.Online, await StateAsync(swarm, identity.Id));
        await swarm.PassAsync(TimeSpan.FromSeconds(241)); // what is signed holds no longer than was signed
        await new SwarmDirectory(server).DeclareServerAsync("model", [0, 1], Info, server.Now + 240, TestLimits.Token());
        Assert.Equal(ServerState.Online, await StateAsync(swarm, identity.Id));
    }

    [Fact]
    public async Task A_server_takes_its_own_announcement_back_and_announces_itself_anew()
    {
        await using Swarm swarm = await Swarm.StartAsync(seed: 2, count: 4);
        PeerIdentity identity = PeerIdentity.Generate();
        await using IPeerHost host = swarm.Network.AddHost(identity);
        await using DhtNode server = await JoinAsync(swarm, host);
        SwarmDirectory directory = new(server);
        double until = server.Now + 240;
        await directory.DeclareServerAsync("model", [0, 1], Info, until, TestLimits.Token());
        await directory.DeclareServerAsync("model", [0, 1], Info with { State = ServerState.Offline }, server.Now + 1000, TestLimits.Token());

        DhtItem farewell = (await swarm[0].GetAsync(Block, latest: true, TestLimits.Token()))!.Items![DhtSubkey.OfText(identity.Id.ToString())];
        Assert.Equal(ServerState.Offline, ServerInfo.Parse(farewell.Value.Span).State);
        Assert.InRange(farewell.Expiration, until, until + 0.01); // no longer than what it takes back
        await new SwarmDirectory(server).DeclareServerAsync("model", [0, 1], Info, server.Now + 120, TestLimits.Token());
        Assert.Equal(ServerState.Online, await StateAsync(swarm, identity.Id));
    }

    [Fact]
    public async Task A_server_that_cannot_sign_announces_past_what_it_finds_in_its_name()
    {
        await using Swarm swarm = await Swarm.StartAsync(seed: 3, count: 4);
        PeerId victim = swarm[0].PeerId; // its host has no key
        ForgeEverywhere(swarm, victim, swarm[0].Now + 1000);

        Assert.True(await new SwarmDirectory(swarm[0]).DeclareServerAsync("model", [0, 1], Info, swarm[0].Now + 240, TestLimits.Token()));

        Assert.Equal(ServerState.Online, await StateAsync(swarm, victim));
    }

    [Fact]
    public void What_a_peer_says_of_itself_goes_before_what_others_say_of_it()
    {
        DictionaryValue value = new(Block, () => 1000);
        DhtSubkey peer = DhtSubkey.OfText("peer");
        Assert.True(value.Store(peer, new byte[] { 1 }, 1100, RecordRank.Direct));
        Assert.False(value.Store(peer, new byte[] { 2 }, 2000));
        Assert.True(value.Store(peer, new byte[] { 3 }, 1050 + 100, RecordRank.Direct));
        Assert.Equal([3], value.Items[peer].Value.ToArray());
    }

    [Fact]
    public void A_signature_holds_for_one_peer_its_blocks_and_its_time()
    {
        PeerIdentity identity = PeerIdentity.Generate();
        DhtSubkey subkey = DhtSubkey.OfText(identity.Id.ToString());
        byte[] value = AnnouncementSignature.Add(Info.ToBytes(), identity.Id, "model", 5000, 2000, message => identity.Sign(message));

        Assert.Equal(Info.Throughput, ServerInfo.Parse(value).Throughput);
        Assert.Equal(new RecordRank(5000, 2000), AnnouncementSignature.RankOf(Block, subkey, value));
        Assert.Equal(RecordRank.Hearsay, AnnouncementSignature.RankOf(DhtId.OfKey("model.2"), subkey, value)); // not one of its blocks
        Assert.Equal(RecordRank.Hearsay, AnnouncementSignature.RankOf(DhtId.OfKey("other.0"), subkey, value));
        DhtSubkey other = DhtSubkey.OfText(PeerIdentity.Generate().Id.ToString());
        Assert.Equal(RecordRank.Hearsay, AnnouncementSignature.RankOf(Block, other, value));
        for (int i = 0; i < value.Length; i++)
        {
            byte[] changed = [.. value];
            changed[i] ^= 1;
            Assert.Equal(RecordRank.Hearsay, AnnouncementSignature.RankOf(Block, subkey, changed));
        }

        DictionaryValue stored = new(Block, () => 1000);
        Assert.True(stored.Store(subkey, value, 1100));
        stored.Store(subkey, value, 4000); // told again by somebody, for longer
        Assert.Equal(2000, stored.Items[subkey].Expiration);
    }

    /// <summary>Stores on every node, as a stranger can, that a server is offline.</summary>
    private static void ForgeEverywhere(Swarm swarm, PeerId victim, double expiration)
    {
        byte[] forged = (Info with { State = ServerState.Offline }).ToBytes();
        foreach (DhtNode node in swarm.Nodes)
        {
            StoreItem[] items =
            [
                .. Enumerable.Range(0, 2).Select(block => new StoreItem(
                    DhtId.OfKey(new ModuleUid("model", block).ToString()), DhtSubkey.OfText(victim.ToString()).Packed, forged, expiration, InCache: false)),
                new StoreItem(Block, StoreItem.PlainTag, Swarm.Pack("instead of the dictionary"), expiration, InCache: false),
            ];
            node.Protocol.Answer(new StoreRequest(null, items), new RpcContext(PeerIdentity.Generate().Id, DhtProtocol.StoreMethod));
        }
    }

    private static async Task<ServerState?> StateAsync(Swarm swarm, PeerId peer)
    {
        await using DhtNode client = await swarm.AddAsync(new DhtOptions { ClientMode = true });
        return Assert.Single(await new SwarmDirectory(client).FindServersAsync("model", [0], latest: true, TestLimits.Token())).GetValueOrDefault(peer)?.State;
    }

    private static Task<DhtNode> JoinAsync(Swarm swarm, IPeerHost host) =>
        DhtNode.StartAsync(host, new DhtOptions(), [swarm[0].PeerId], swarm.Clock, new Random(1), logger: null, TestLimits.Token());
}
