using Whorl.Dht.Kademlia;
using Whorl.Dht.Protocol;
using Whorl.Dht.Records;
using Whorl.P2P;
using Whorl.Protocol.Rpc;

namespace Whorl.Dht.Tests;

/// <summary>What one peer, and one address, may ask of a node, and that others do not suffer by it.</summary>
public sealed class QuotaTests
{
    [Fact]
    public async Task One_peer_stores_so_much_and_others_go_on()
    {
        await using Swarm swarm = await Swarm.StartAsync(seed: 1, count: 1);
        RpcContext greedy = Caller("192.0.2.1"), honest = Caller("192.0.2.2");
        int taken = 0;
        for (int round = 0; round < 20; round++)
        {
            taken += Store(swarm, greedy, round, DhtLimits.MaxKeys, 3600).Count(stored => stored);
        }

        Assert.Equal(DhtLimits.MaxRecordsPerPeer, taken);
        Assert.All(Store(swarm, honest, 100, 80, 240), Assert.True);
        await swarm.PassAsync(TimeSpan.FromSeconds(10));
        Assert.Contains(true, Store(swarm, greedy, 101, 5, 3600)); // it gets more with time
    }

    [Fact]
    public async Task All_peers_at_one_address_share_what_it_may_store_and_other_addresses_do_not()
    {
        await using Swarm swarm = await Swarm.StartAsync(seed: 2, count: 1);
        int taken = 0;
        for (int peer = 0; peer < 8; peer++)
        {
            RpcContext caller = Caller("192.0.2.1");
            for (int round = 0; round < 4; round++)
            {
                taken += Store(swarm, caller, (peer * 10) + round, DhtLimits.MaxKeys, 3600).Count(stored => stored);
            }
        }

        Assert.Equal(DhtLimits.MaxRecordsPerHost, taken);
        Assert.All(Store(swarm, Caller("192.0.2.2"), 1000, 80, 240), Assert.True);
    }

    [Fact]
    public async Task Bytes_are_shared_out_too()
    {
        await using Swarm swarm = await Swarm.StartAsync(seed: 3, count: 1);
        RpcContext greedy = Caller("192.0.2.1");
        int taken = Enumerable.Range(0, 40).Count(i => Store(swarm, greedy, i, 1, 3600, bytes: 1 << 20)[0]);
        Assert.InRange(taken, 1, (DhtLimits.MaxRecordBytesPerPeer >> 20));
    }

    [Fact]
    public async Task One_peer_asks_for_so_many_keys_and_others_go_on()
    {
        await using Swarm swarm = await Swarm.StartAsync(seed: 4, count: 2);
        RpcClient greedy = new(swarm.Network.AddHost(), swarm.Clock), honest = new(swarm.Network.AddHost(), swarm.Clock);
        byte[] many = new FindRequest(null, [.. Enumerable.Range(0, DhtLimits.MaxKeys).Select(i => DhtId.OfKey($"{i}"))]).ToBytes();
        int answered = 0;
        for (int i = 0; i < 10; i++)
        {
            answered += await TryFindAsync(greedy, many) ? 1 : 0;
        }

        Assert.Equal(10 * DhtLimits.MaxKeysPerSecondAndPeer / DhtLimits.MaxKeys, answered);
        Assert.True(await TryFindAsync(honest, new FindRequest(null, [DhtId.OfKey("model.0")]).ToBytes()));

        async Task<bool> TryFindAsync(RpcClient client, byte[] request)
        {
            try
            {
                await client.CallAsync(swarm[0].PeerId, DhtProtocol.FindMethod, request, TimeSpan.FromSeconds(60), TestLimits.Token());
                return true;
            }
            catch (IOException)
            {
                return false;
            }
        }
    }

    [Fact]
    public async Task A_peer_that_comes_under_ever_new_ids_is_given_the_records_once_in_a_minute()
    {
        await using Swarm swarm = await Swarm.StartAsync(seed: 5, count: 1);
        await swarm[0].StoreAsync("key", Swarm.Pack("value"), swarm[0].Now + 1000, null, TestLimits.Token());
        IPeerHost host = swarm.Network.AddHost();
        int given = 0;
        new RpcServer(host, swarm.Clock).HandleUnary(DhtProtocol.StoreMethod, (_, data, _) =>
        {
            Interlocked.Increment(ref given);
            return ValueTask.FromResult<ReadOnlyMemory<byte>>(new StoreResponse(null, [.. StoreRequest.Parse(data.Span).Items.Select(_ => true)]).ToBytes());
        });
        for (int i = 0; i < 50; i++)
        {
            swarm[0].Protocol.Answer(new FindRequest(DhtId.OfKey($"node {i}"), [DhtId.OfKey("key")]), host.Id);
            await swarm.SettleAsync();
        }

        Assert.Equal(1, given);
        await swarm.PassAsync(TimeSpan.FromMinutes(1));
        swarm[0].Protocol.Answer(new FindRequest(DhtId.OfKey("another"), [DhtId.OfKey("key")]), host.Id);
        await swarm.SettleAsync();
        Assert.Equal(2, given);
        await host.DisposeAsync();
    }

    [Fact]
    public async Task A_stranger_does_not_make_a_node_dial_for_it_without_end()
    {
        await using Swarm swarm = await Swarm.StartAsync(seed: 6, count: 1);
        IPeerHost server = swarm.Network.AddHost(), target = swarm.Network.AddHost();
        int looked = 0;
        Reachability.Serve(new RpcServer(server, swarm.Clock), server.Id, () => Task.FromResult<IPeerHost>(swarm.Network.AddHost()), (_, _) =>
        {
            Interlocked.Increment(ref looked);
            return Task.FromResult<IReadOnlyList<Multiaddress>>([]);
        }, swarm.Clock);
        RpcClient asker = new(swarm.Network.AddHost(), swarm.Clock);
        bool?[] answers = new bool?[30];
        for (int i = 0; i < answers.Length; i++)
        {
            answers[i] = await Reachability.AskAsync(asker, server.Id, target.Id, TimeSpan.FromSeconds(5), TestLimits.Token());
        }

        Assert.Equal(10, looked);
        Assert.Null(answers[^1]); // it is told to ask somebody else, not that the other cannot be reached
        Assert.True(await Reachability.AskAsync(asker, server.Id, server.Id, TimeSpan.FromSeconds(5), TestLimits.Token()));
        await server.DisposeAsync();
        await target.DisposeAsync();
    }

    private static RpcContext Caller(string host) => new(PeerIdentity.Generate().Id, DhtProtocol.StoreMethod, host);

    private static IReadOnlyList<bool> Store(Swarm swarm, RpcContext caller, int round, int count, double seconds, int bytes = 10) =>
        swarm[0].Protocol.Answer(
            new StoreRequest(null, [.. Enumerable.Range(0, count).Select(i => new StoreItem(
                DhtId.OfKey($"{round} {i}"), DhtSubkey.OfText("x").Packed, new byte[bytes], swarm[0].Now + seconds, InCache: false))]),
            caller).Stored;
}
