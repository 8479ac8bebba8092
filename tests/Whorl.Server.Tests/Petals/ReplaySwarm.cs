using Whorl.Kernels.Cpu;
using Whorl.Models;
using Whorl.P2P;
using Whorl.Server.Petals;
using Whorl.Tensors;
using Whorl.Testing;

namespace Whorl.Server.Tests.Petals;

/// <summary>The recorded swarm, its servers being Whorl's: A has blocks 0 and 1, B blocks 2 and 3, under the recorded peer ids.</summary>
internal sealed class ReplaySwarm : IAsyncDisposable
{
    public const string Prefix = "golden-hf";

    /// <summary>The recorded server of blocks 0 and 1.</summary>
    public static readonly PeerId ServerA = PeerId.Parse("QmPqxLFrYGJFySMhTCeFvLha6wNTFN5gnu8fP6VyDHSB3y");

    private readonly CpuBackend _backend = new(new CpuBackendOptions { Threads = 1, Activations = ActivationFormat.F32 });
    private readonly ModelSource _source;
    private readonly List<(IPeerHost Host, DecoderSpan Span, HostedSpan Hosted, PetalsServer Server)> _servers = [];

    public ReplaySwarm(string model, BoundaryFormat boundary = BoundaryFormat.F32)
    {
        _source = ModelSource.Open(model);
        Boundary = boundary;
        Client = Network.AddHost();
    }

    public InMemoryNetwork Network { get; } = new();

    public IPeerHost Client { get; }

    public BoundaryFormat Boundary { get; }

    public HostedSpan this[int server] => _servers[server].Hosted;

    public static string ModelPath(string name) => ReferenceData.PathOf("golden", "petals", name);

    /// <summary>Adds a server.</summary>
    public PetalsServer Add(PeerId id, BlockRange range, PetalsServerOptions? options = null, long cacheBytes = 16 << 20, TimeProvider? time = null)
    {
        IPeerHost host = Network.AddHost(id);
        DecoderSpan span = DecoderSpan.Load(_source, range, _backend, Boundary);
        HostedSpan hosted = new(span, new MemoryBudget(cacheBytes), "test", time ?? TimeProvider.System);
        PetalsServer server = new(host, hosted, options ?? new PetalsServerOptions { Prefix = Prefix }, time ?? TimeProvider.System);
        _servers.Add((host, span, hosted, server));
        return server;
    }

    public async ValueTask DisposeAsync()
    {
        await Client.DisposeAsync();
        foreach ((IPeerHost host, DecoderSpan span, HostedSpan hosted, PetalsServer server) in _servers)
        {
            await host.DisposeAsync();
            await server.DisposeAsync();
            Assert.Equal(0, hosted.Budget.Taken);
            span.Dispose();
        }

        _backend.Dispose();
        _source.Dispose();
    }
}
