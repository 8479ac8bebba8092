using System.Text.RegularExpressions;
using Whorl.Dht;
using Whorl.EndToEnd.Tests.Models;
using Whorl.Kernels.Cpu;
using Whorl.Models;
using Whorl.P2P;
using Whorl.Protocol.Rpc;
using Whorl.Server;
using Whorl.Server.Petals;
using Whorl.Swarm;
using Whorl.Tensors;
using Whorl.Testing;

namespace Whorl.EndToEnd.Tests.Program;

/// <summary>The program in a swarm whose other members speak nothing but hivemind's and Petals' protocols, as those in Python.</summary>
public sealed partial class PetalsSwarmTests : IAsyncLifetime
{
    private const string Prefix = "golden-hf";

    private readonly List<IAsyncDisposable> _started = [];

    private static string ModelPath => ReferenceData.PathOf("golden", "petals", "tiny-llama");

    private CancellationToken Limit { get; } = new CancellationTokenSource(TimeSpan.FromMinutes(2)).Token; // turns a hang into a failure

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        foreach (IAsyncDisposable started in Enumerable.Reverse(_started))
        {
            await started.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_client_computes_with_servers_that_only_speak_petals_and_says_so()
    {
        PeerAddress entrance = await StartEntranceAsync();
        using ModelSource source = ModelSource.Open(ModelPath);
        using CpuBackend backend = new(new CpuBackendOptions { Threads = 1, Activations = ActivationFormat.F32 });
        using DecoderSpan front = DecoderSpan.Load(source, new BlockRange(0, 1), backend), back = DecoderSpan.Load(source, new BlockRange(2, 3), backend);
        PeerId[] servers = [await ServeAsync(entrance, source, front), await ServeAsync(entrance, source, back)];

        string[] request = ["run", ModelPath, "--prompt-ids", "5,6,7,8,9", "--json", "-n", "12", "--temperature", "0", "--threads", "1"];
        ProgramResult through = await WhorlProcess.RunAsync([.. request, "--dht-prefix", Prefix, "--initial-peers", Text(entrance)]);
        ProgramResult alone = await WhorlProcess.RunAsync(request);

        Assert.Equal(SmolLm2.Numbers(alone.Json, "ids"), SmolLm2.Numbers(through.Json, "ids"));
        Assert.Equal(servers.Select(s => s.ToString()), through.Json.GetProperty("chain").EnumerateArray().Select(link => link.GetProperty("server").GetString()));
        Assert.All(servers, server => Assert.Contains($"by a Petals server, {server}", through.Error, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_server_is_found_and_told_of_as_petals_clients_expect()
    {
        PeerAddress entrance = await StartEntranceAsync();
        (WhorlProcess server, _) = await WhorlProcess.ServeAsync(
            ModelPath, "--blocks", "1..3", "--dht-prefix", Prefix, "--public-name", "a test", "--initial-peers", Text(entrance), "--threads", "1");
        _started.Add(server);
        (_, DhtNode node) = await JoinAsync(entrance, listens: false);
        SwarmDirectory directory = new(node);

        IReadOnlyDictionary<PeerId, ServerInfo>[] blocks = [];
        while (blocks.Length == 0 || blocks[3].Count == 0)
        {
            blocks = [.. await directory.FindServersAsync(Prefix, [0, 1, 2, 3], latest: true, Limit)]; // announced a moment after it listens
        }

        Assert.Equal([0, 1, 1, 1], blocks.Select(b => b.Count));
        (PeerId peer, ServerInfo info) = blocks[3].Single();
        Assert.Equal((ServerState.Online, 1, 4, "a test", "float32", false), (info.State, info.StartBlock, info.EndBlock, info.PublicName, info.TorchDtype, info.UsingRelay));
        Assert.NotNull(await node.PingAsync(peer, TimeSpan.FromSeconds(30), Limit));
        ModelInfo? model = null;
        while (!(await directory.FindModelsAsync(Limit)).TryGetValue(Prefix, out model))
        {
            // announced after the blocks
        }

        Assert.Equal(new ModelInfo(4, null), model);
    }

    [Fact]
    public async Task A_bootstrap_node_tells_joining_servers_whether_they_can_be_dialled()
    {
        PeerAddress entrance = await StartEntranceAsync();
        foreach (bool listens in new[] { true, false })
        {
            (Libp2pHost host, _) = await JoinAsync(entrance, listens);
            Reachability.Serve(new RpcServer(host, TimeProvider.System), host.Id, () => Task.FromResult<IPeerHost>(host), host.LocateAsync, TimeProvider.System);
            Assert.Equal(listens, await Reachability.AskAsync(new RpcClient(host, TimeProvider.System), entrance, host.Id, TimeSpan.FromSeconds(60), Limit));
        }
    }

    private static string Text(PeerAddress peer) => peer.Addresses[0].WithPeer(peer.Id!).ToString();

    private async Task<PeerAddress> StartEntranceAsync()
    {
        WhorlProcess process = WhorlProcess.Start("dht", "--listen", "127.0.0.1:0");
        _started.Add(process);
        return PeerAddress.Parse(Multiaddress().Match((await process.ReadLineAsync())!).Value);
    }

    private async Task<(Libp2pHost Host, DhtNode Node)> JoinAsync(PeerAddress entrance, bool listens)
    {
        Libp2pHost host = await Libp2pHost.StartAsync(new Libp2pOptions
        {
            ListenAddresses = listens ? [P2P.Multiaddress.Parse("/ip4/127.0.0.1/tcp/0")] : [],
            KadMode = listens ? KadMode.Server : KadMode.Client,
            BootstrapPeers = [entrance],
        });
        _started.Add(host);
        DhtOptions options = new() { ClientMode = !listens, RpcTimeout = TimeSpan.FromSeconds(60) }; // not what is tested
        DhtNode node = await DhtNode.StartAsync(host, options, [entrance], TimeProvider.System, new Random(1), logger: null, Limit);
        _started.Add(node);
        return (host, node);
    }

    /// <summary>A server without Whorl's own protocol.</summary>
    private async Task<PeerId> ServeAsync(PeerAddress entrance, ModelSource source, DecoderSpan span)
    {
        (Libp2pHost host, DhtNode node) = await JoinAsync(entrance, listens: true);
        HostedSpan hosted = new(span, new MemoryBudget(16 << 20), "test", TimeProvider.System);
        PetalsServer server = new(host, hosted, new PetalsServerOptions { Prefix = Prefix }, TimeProvider.System);
        _started.Insert(_started.IndexOf(host), server); // calls end with the host
        ServerInfo info = server.Describe(ServerState.Online, new ServerThroughput(1, 1, 1), usesRelay: false);
        Assert.True(await new SwarmDirectory(node).DeclareServerAsync(Prefix, Enumerable.Range(span.Range.First, span.Range.Count), info, node.Now + 600, Limit));
        return host.Id;
    }

    [GeneratedRegex(@"/ip4/\S+/p2p/\w+")]
    private static partial Regex Multiaddress();
}
