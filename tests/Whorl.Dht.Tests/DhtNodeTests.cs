using Whorl.Dht.Kademlia;
using Whorl.Dht.Protocol;
using Whorl.Dht.Records;
using Whorl.Dht.Validation;
using Whorl.P2P;
using Whorl.Protocol.Rpc;
using Whorl.Testing;

namespace Whorl.Dht.Tests;

public sealed class DhtNodeTests
{
    [Fact]
    public async Task A_node_without_initial_peers_begins_a_dht_of_its_own()
    {
        await using Swarm swarm = await Swarm.StartAsync(seed: 1, count: 1);

        Assert.True(await swarm[0].StoreAsync("key", Swarm.Pack("value"), swarm[0].Now + 10, null, TestLimits.Token()));
        Assert.Equal("value", Swarm.Unpack(await swarm[0].GetAsync("key", latest: true, TestLimits.Token())));
        Assert.False(await swarm[0].StoreAsync("key", Swarm.Pack("expired"), swarm[0].Now - 1, null, TestLimits.Token()));
    }

    [Fact]
    public async Task A_node_joins_only_where_somebody_answers_reaches_it_and_has_its_time()
    {
        InMemoryNetwork network = new();
        ManualTimeProvider clock = new();
        await using IPeerHost near = network.AddHost();
        await using IPeerHost far = network.AddHost();
        await Assert.ThrowsAsync<DhtBootstrapException>(() => StartAsync(near, far.Id, clock));

        await using DhtNode there = await StartAsync(far, null, clock);
        ManualTimeProvider fast = new();
        fast.Advance(TimeSpan.FromSeconds(4));
        DhtBootstrapException clocks = await Assert.ThrowsAsync<DhtBootstrapException>(() => StartAsync(near, far.Id, fast));
        Assert.Contains("clock", clocks.Message, StringComparison.Ordinal);

        FaultInjectingHost hidden = new(near, _ => StreamFaults.None, clock);
        FaultInjectingHost blind = new(network.AddHost(), _ => StreamFaults.None, clock) { Unreachable = peer => peer.Id == hidden.Id };
        await using DhtNode cannotReach = await StartAsync(blind, null, clock);
        DhtBootstrapException unreachable = await Assert.ThrowsAsync<DhtBootstrapException>(() => StartAsync(hidden, blind.Id, clock));
        Assert.Contains("cannot reach", unreachable.Message, StringComparison.Ordinal);
        await blind.DisposeAsync();
    }

    [Fact]
    public async Task A_client_finds_and_stores_but_is_known_to_nobody()
    {
        await using Swarm swarm = await Swarm.StartAsync(seed: 2, count: 8);
        await using DhtNode client = await swarm.AddAsync(new DhtOptions { ClientMode = true });
        Assert.True(await client.StoreAsync("key", Swarm.Pack("value"), client.Now + 10, DhtSubkey.OfText("me"), TestLimits.Token()));

        Assert.Equal("value", Swarm.Unpack(await swarm[4].GetAsync("key", latest: false, TestLimits.Token()), "me"));
        Assert.All(swarm.Nodes, node => Assert.DoesNotContain(node.Neighbours, neighbour => neighbour.Peer == client.PeerId));
        Assert.Equal(8, client.Neighbours.Count);
    }

    [Fact]
    public async Task A_peer_that_is_silent_is_left_after_the_time_out_and_the_value_found_elsewhere()
    {
        await using Swarm swarm = await Swarm.StartAsync(seed: 3, count: 6, new DhtOptions { CacheLocally = false });
        IPeerHost silent = swarm.Network.AddHost();
        silent.Handle(DhtProtocol.FindMethod, async (_, token) => await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, token));
        DhtId key = DhtId.OfKey("key");
        await swarm[0].StoreAsync("key", Swarm.Pack("value"), swarm[0].Now + 100, null, TestLimits.Token());
        await using DhtNode client = await swarm.AddAsync(new DhtOptions { ClientMode = true, Workers = 1 });
        client.Protocol.Locked((table, _, _) => table.AddOrUpdate(key, silent.Id, out _)); // nearest of all

        Task<DhtValue?> getting = client.GetAsync(key, latest: true, TestLimits.Token());
        await TestLimits.EventuallyAsync(() => swarm.Clock.HasTimerIn(TimeSpan.FromSeconds(3)) || getting.IsCompleted);
        Assert.False(getting.IsCompleted);
        swarm.Clock.Advance(TimeSpan.FromSeconds(3.1));

        Assert.Equal("value", Swarm.Unpack(await getting));
        Assert.DoesNotContain(client.Neighbours, neighbour => neighbour.Peer == silent.Id);
        await silent.DisposeAsync();
    }

    [Fact]
    public async Task A_cancelled_look_up_leaves_nothing_behind()
    {
        await using Swarm swarm = await Swarm.StartAsync(seed: 4, count: 3);
        IPeerHost silent = swarm.Network.AddHost();
        silent.Handle(DhtProtocol.FindMethod, async (_, token) => await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, token));
        swarm[0].Protocol.Locked((table, _, _) => table.AddOrUpdate(DhtId.OfKey("key"), silent.Id, out _));
        using CancellationTokenSource cancel = new();
        Task<DhtValue?> getting = swarm[0].GetAsync("key", latest: true, cancel.Token);

        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => getting);
        await silent.DisposeAsync();
        await swarm.DisposeAsync();
        await TestLimits.EventuallyAsync(() => swarm.Network.OpenStreams == 0);
    }

    [Fact]
    public async Task A_ping_measures_the_round_trip_and_a_peer_without_dht_is_alive()
    {
        await using Swarm swarm = await Swarm.StartAsync(seed: 5, count: 2);
        await using IPeerHost bare = swarm.Network.AddHost();

        Assert.Equal(TimeSpan.Zero, await swarm[0].PingAsync(swarm[1].PeerId, TimeSpan.FromSeconds(2), TestLimits.Token()));
        Assert.NotNull(await swarm[0].PingAsync(bare.Id, TimeSpan.FromSeconds(2), TestLimits.Token()));
        swarm.Network.Kill(bare.Id);
        Assert.Null(await swarm[0].PingAsync(bare.Id, TimeSpan.FromSeconds(2), TestLimits.Token()));
    }

    [Fact]
    public async Task Protected_records_are_signed_checked_and_given_back_without_their_signature()
    {
        using System.Security.Cryptography.RSA key = System.Security.Cryptography.RSA.Create(2048);
        RsaSignatureValidator owner = new(key);
        await using Swarm swarm = await Swarm.StartAsync(seed: 6, count: 3, new DhtOptions { Validator = new RsaSignatureValidator() });
        await using DhtNode writer = await swarm.AddAsync(new DhtOptions { ClientMode = true, Validator = owner });
        DhtSubkey subkey = DhtSubkey.OfText(owner.OwnerTag);

        Assert.True(await writer.StoreAsync("key", Swarm.Pack("mine"), writer.Now + 10, subkey, TestLimits.Token()));
        Assert.False(await swarm[0].StoreAsync("key", Swarm.Pack("forged"), writer.Now + 20, subkey, TestLimits.Token()));
        Assert.Equal("mine", Swarm.Unpack(await swarm[1].GetAsync("key", latest: true, TestLimits.Token()), owner.OwnerTag));
    }

    [Fact]
    public async Task An_answer_carries_the_values_that_fit_and_leaves_the_others_out()
    {
        await using Swarm swarm = await Swarm.StartAsync(seed: 7, count: 3);
        DhtId[] keys = [.. Enumerable.Range(0, 8).Select(i => DhtId.OfKey($"large {i}"))];
        StoreItem[] items = [.. keys.Select(key => new StoreItem(key, StoreItem.PlainTag, new byte[1 << 20], swarm[0].Now + 10, InCache: false))];
        Assert.All(items, item => Assert.Equal([true], swarm[0].Protocol.Answer(new StoreRequest(null, [item]), null).Stored));

        FindResponse several = swarm[0].Protocol.Answer(new FindRequest(null, keys), null);
        Assert.Equal([true, true, true, false, false, false, false, false], several.Results.Select(result => result.Value is not null));
        Assert.All(several.Results, result => Assert.Equal(2, result.Nearest.Count));
        FindResponse same = swarm[0].Protocol.Answer(new FindRequest(null, [.. Enumerable.Repeat(keys[0], DhtLimits.MaxKeys)]), null);
        Assert.Equal(1, same.Results.Count(result => result.Value is not null));
        Assert.All([several, same], answer => Assert.InRange(answer.ToBytes().Length, 1, RpcLimits.MaxUnaryBytes - RpcLimits.UnaryEnvelopeBytes));
    }

    [Fact]
    public async Task A_server_asks_others_whether_it_can_be_reached()
    {
        InMemoryNetwork network = new();
        ManualTimeProvider clock = new();
        IPeerHost[] hosts = [.. Enumerable.Range(0, 4).Select(_ => network.AddHost())];
        foreach (IPeerHost host in hosts)
        {
            Reachability.Serve(
                new RpcServer(host, clock), host.Id, () => Task.FromResult<IPeerHost>(network.AddHost()), (_, _) => Task.FromResult<IReadOnlyList<Multiaddress>>([]), clock);
        }

        IEnumerable<PeerId> others = hosts[1..].Select(host => host.Id);
        Assert.True(await Reachability.IsReachableAsync(new RpcClient(hosts[0], clock), others, TestLimits.Token()));
        RpcClient unreachable = new(network.AddHost(), clock);
        Assert.False(await Reachability.IsReachableAsync(unreachable, others, TestLimits.Token()));
        Assert.True(await Reachability.IsReachableAsync(unreachable, [], TestLimits.Token()));
        Assert.Null(await Reachability.AskAsync(unreachable, network.AddHost().Id, hosts[0].Id, TimeSpan.FromSeconds(1), TestLimits.Token()));
        foreach (IPeerHost host in hosts)
        {
            await host.DisposeAsync();
        }

        Assert.Equal(0, network.OpenStreams);
    }

    private static Task<DhtNode> StartAsync(IPeerHost host, PeerId? initial, TimeProvider clock) => DhtNode.StartAsync(
        host, new DhtOptions(), initial is null ? [] : [initial], clock, new Random(1), logger: null, TestLimits.Token());
}
