using Whorl.P2P;
using Whorl.Protocol.Rpc;
using Whorl.Swarm;

namespace Whorl.Dht.Tests;

/// <summary>The DHT over real sockets: libp2p with Noise and yamux on loopback, addresses found by libp2p's own routing.</summary>
public sealed class Libp2pTests : IAsyncLifetime
{
    // Not what is tested: wide enough for a machine that does much else.
    private static readonly DhtOptions Options = new() { RpcTimeout = TimeSpan.FromSeconds(60), Workers = 8 };

    private readonly List<Libp2pHost> _hosts = [];
    private readonly List<DhtNode> _nodes = [];

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        foreach (DhtNode node in _nodes)
        {
            await node.DisposeAsync();
        }

        foreach (Libp2pHost host in _hosts)
        {
            await host.DisposeAsync();
        }
    }

    [Fact]
    public async Task Servers_announce_themselves_and_a_client_that_knows_one_node_finds_and_calls_them()
    {
        DhtNode first = await AddAsync(null, Options);
        PeerAddress entrance = new(_hosts[0].Id, _hosts[0].ListenAddresses);
        for (int i = 0; i < 4; i++)
        {
            DhtNode server = await AddAsync(entrance, Options);
            new RpcServer(_hosts[^1], TimeProvider.System).HandleUnary("Test.rpc_who", (_, _, _) => ValueTask.FromResult(server.PeerId.Bytes));
            ServerInfo info = new() { State = ServerState.Online, Throughput = i + 0.5, StartBlock = i, EndBlock = i + 2 };
            Assert.True(await new SwarmDirectory(server).DeclareServerAsync("model", [i, i + 1], info, server.Now + 600, TestLimits.Token()));
        }

        DhtNode client = await AddAsync(entrance, Options with { ClientMode = true });
        IReadOnlyList<IReadOnlyDictionary<PeerId, ServerInfo>> found =
            await new SwarmDirectory(client).FindServersAsync("model", [0, 1, 2, 3, 4], latest: true, TestLimits.Token());

        Assert.Equal([1, 2, 2, 2, 1], found.Select(servers => servers.Count));
        RpcClient caller = new(_hosts[^1], TimeProvider.System);
        foreach (PeerId server in found.SelectMany(servers => servers.Keys).Distinct())
        {
            ReadOnlyMemory<byte> answer = await caller.CallAsync(server, "Test.rpc_who", default, Options.RpcTimeout, TestLimits.Token());
            Assert.Equal(server, PeerId.FromBytes(answer.Span));
        }

        Assert.All(_nodes.SkipLast(1), node => Assert.DoesNotContain(node.Neighbours, neighbour => neighbour.Peer == client.PeerId));
        Assert.Contains(first.Neighbours, neighbour => neighbour.Peer == _nodes[1].PeerId);
    }

    [Fact]
    public async Task A_node_that_others_can_dial_is_told_so_by_a_probe_and_one_that_only_dials_is_not()
    {
        await AddAsync(null, Options);
        PeerAddress entrance = new(_hosts[0].Id, _hosts[0].ListenAddresses);
        List<Libp2pHost> probes = [];
        async Task<IPeerHost> StartProbeAsync()
        {
            probes.Add(await Libp2pHost.StartAsync(new Libp2pOptions { KadMode = KadMode.Off }));
            return probes[^1];
        }

        Reachability.Serve(new RpcServer(_hosts[0], TimeProvider.System), _hosts[0].Id, StartProbeAsync, _hosts[0].LocateAsync, TimeProvider.System);
        foreach (bool listens in new[] { true, false })
        {
            await AddAsync(entrance, Options with { ClientMode = !listens });
            Libp2pHost asker = _hosts[^1];
            Reachability.Serve(new RpcServer(asker, TimeProvider.System), asker.Id, StartProbeAsync, asker.LocateAsync, TimeProvider.System);
            Assert.Equal(listens, await Reachability.IsReachableAsync(new RpcClient(asker, TimeProvider.System), [entrance.Id!], TestLimits.Token()));
        }

        Assert.Equal(2, probes.Count);
        Assert.All(probes, probe => Assert.Equal(0, probe.OpenConnections)); // a check leaves none
    }

    private async Task<DhtNode> AddAsync(PeerAddress? entrance, DhtOptions options)
    {
        _hosts.Add(await Libp2pHost.StartAsync(new Libp2pOptions
        {
            ListenAddresses = options.ClientMode ? [] : [Multiaddress.Parse("/ip4/127.0.0.1/tcp/0")],
            KadMode = options.ClientMode ? KadMode.Client : KadMode.Server,
            BootstrapPeers = entrance is null ? [] : [entrance],
        }));
        _nodes.Add(await DhtNode.StartAsync(
            _hosts[^1],
            options,
            entrance is null ? [] : [entrance],
            TimeProvider.System,
            new Random(_nodes.Count),
            logger: null,
            TestLimits.Token()));
        return _nodes[^1];
    }
}
