using Whorl.Client.Petals;
using Whorl.Client.Recovery;
using Whorl.Client.Routing;
using Whorl.Dht;
using Whorl.Dht.Records;
using Whorl.Kernels.Cpu;
using Whorl.Models;
using Whorl.P2P;
using Whorl.Protocol.Rpc;
using Whorl.Server;
using Whorl.Server.Petals;
using Whorl.Swarm;
using Whorl.Tensors;
using Whorl.Testing;

namespace Whorl.Client.Tests.Petals;

/// <summary>Servers and a client of one model, each a node of one DHT, in memory and on a clock that stands still.</summary>
internal sealed class TestSwarm : IAsyncDisposable
{
    public const string Prefix = "golden-hf";

    private readonly List<IAsyncDisposable> _nodes = [];
    private readonly List<IDisposable> _owned = [];
    private readonly PeerId _boot;

    private TestSwarm(string model)
    {
        Backend = new CpuBackend(new CpuBackendOptions { Threads = 1, Activations = ActivationFormat.F32 });
        Source = ModelSource.Open(ReferenceData.PathOf("golden", "petals", model));
        Ends = ModelEnds.Load(Source, Backend);
        IPeerHost boot = Network.AddHost();
        _boot = boot.Id;
        _nodes.Add(boot);
        Client = Network.AddHost();
        Rpc = new RpcClient(Client, Clock);
    }

    public InMemoryNetwork Network { get; } = new();

    public ManualTimeProvider Clock { get; } = new();

    public CancellationToken Limit { get; } = new CancellationTokenSource(TimeSpan.FromMinutes(2)).Token;

    public CpuBackend Backend { get; }

    public ModelSource Source { get; }

    public ModelEnds Ends { get; }

    public IPeerHost Client { get; }

    public RpcClient Rpc { get; }

    public int Blocks => Source.Spec.Blocks.Count;

    private DhtNode? Node { get; set; }

    public static async Task<TestSwarm> StartAsync(string model = "tiny-llama")
    {
        TestSwarm swarm = new(model);
        await swarm.JoinAsync((IPeerHost)swarm._nodes[0], []);
        swarm.Node = await swarm.JoinAsync(swarm.Client, [swarm._boot]);
        return swarm;
    }

    /// <summary>Announces a host as the server of some blocks.</summary>
    public async Task AnnounceAsync(
        IPeerHost host, BlockRange range, bool saysWhere = true, ServerState state = ServerState.Online, double? inferenceRps = null)
    {
        SwarmDirectory directory = new(await JoinAsync(host, [_boot]));
        ServerInfo info = new() { State = state, Throughput = 1, StartBlock = saysWhere ? range.First : null, EndBlock = saysWhere ? range.Last + 1 : null, InferenceRps = inferenceRps };
        double expiration = (Clock.GetUtcNow().ToUnixTimeMilliseconds() / 1000.0) + 120;
        Assert.True(await directory.DeclareServerAsync(Prefix, Enumerable.Range(range.First, range.Count), info, expiration, Limit));
    }

    /// <summary>Adds a Whorl server and announces it.</summary>
    public async Task<IPeerHost> AddServerAsync(BlockRange range, PetalsServerOptions? options = null, long cacheBytes = 16 << 20, double? inferenceRps = null)
    {
        IPeerHost host = Network.AddHost();
        HostedSpan span = Load(range, cacheBytes);
        _nodes.Add(new PetalsServer(host, span, options ?? new PetalsServerOptions { Prefix = Prefix }, Clock));
        _nodes.Add(host);
        await AnnounceAsync(host, range, inferenceRps: inferenceRps);
        return host;
    }

    /// <summary>Adds a server that answers nothing that it is asked, and announces it.</summary>
    public async Task<IPeerHost> AddHungServerAsync(BlockRange range, double? inferenceRps = null)
    {
        IPeerHost host = Network.AddHost();
        host.Handle("TransformerConnectionHandler.rpc_info", (_, token) => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, token));
        _nodes.Add(host);
        await AnnounceAsync(host, range, inferenceRps: inferenceRps);
        return host;
    }

    /// <summary>Announces a name that leads nowhere, as anybody may.</summary>
    public async Task AnnounceStrangerAsync(BlockRange range, double? inferenceRps = null)
    {
        PeerId stranger = new InMemoryNetwork().AddHost(PeerId.FromPublicKey([0x08, 0x01, 0x12, 0x20, .. Guid.NewGuid().ToByteArray(), .. Guid.NewGuid().ToByteArray()])).Id;
        ServerInfo info = new() { State = ServerState.Online, Throughput = 1, StartBlock = range.First, EndBlock = range.Last + 1, InferenceRps = inferenceRps };
        double expiration = (Clock.GetUtcNow().ToUnixTimeMilliseconds() / 1000.0) + 120;
        DhtEntry[] entries = [.. Enumerable.Range(range.First, range.Count).Select(block => new DhtEntry(
            Dht.Kademlia.DhtId.OfKey($"{Prefix}.{block}"), info.ToBytes(), expiration, DhtSubkey.OfText(stranger.ToString())))];
        Assert.All(await Node!.StoreManyAsync(entries, Limit), Assert.True);
    }

    /// <summary>Blocks in this process.</summary>
    public HostedSpan Load(BlockRange range, long cacheBytes = 16 << 20)
    {
        DecoderSpan span = DecoderSpan.Load(Source, range, Backend);
        _owned.Add(span);
        return new HostedSpan(span, new MemoryBudget(cacheBytes), "local", Clock);
    }

    /// <summary>The swarm as a client that comes new to it sees it.</summary>
    public SwarmView View() => new(new DhtSwarmSource(Node!, Prefix, Blocks), Prefix, Blocks, Clock, new Random(1));

    public PetalsSwarm Petals(SwarmView view) => new(view, Rpc, new PetalsClientOptions());

    public Task<SwarmSpan> FindAsync(RecoveryOptions? recovery = null) => Petals(View()).FindSpanAsync(Limit, recovery);

    /// <summary>Hidden states that mean nothing.</summary>
    public float[] Noise(int seed, int rows)
    {
        Random random = new(seed);
        return [.. Enumerable.Range(0, rows * Ends.BoundarySize).Select(_ => (float)((random.NextDouble() * 2) - 1))];
    }

    public async ValueTask DisposeAsync()
    {
        foreach (IAsyncDisposable node in Enumerable.Reverse(_nodes))
        {
            await node.DisposeAsync();
        }

        await Client.DisposeAsync();
        _owned.ForEach(o => o.Dispose());
        Ends.Dispose();
        Source.Dispose();
        Backend.Dispose();
    }

    private async Task<DhtNode> JoinAsync(IPeerHost host, IEnumerable<PeerId> known)
    {
        DhtNode node = await DhtNode.StartAsync(
            host, new DhtOptions(), [.. known.Select(id => new PeerAddress(id))], Clock, new Random(_nodes.Count), logger: null, Limit);
        _nodes.Add(node);
        return node;
    }
}
