using Microsoft.Extensions.Logging.Abstractions;
using Whorl.Client;
using Whorl.Kernels.Cpu;
using Whorl.Models;
using Whorl.P2P;
using Whorl.Server;
using Whorl.Tensors;

namespace SwarmBench;

/// <summary>A server of one block on loopback, as <c>whorl serve</c> is one, computing on one thread.</summary>
internal sealed class ThinServer : IAsyncDisposable
{
    private readonly CpuBackend _backend;
    private readonly DecoderSpan _blocks;
    private readonly Libp2pHost _host;

    private ThinServer(CpuBackend backend, DecoderSpan blocks, HostedSpan span, Libp2pHost host, TimeSpan oneWay, bool pushes)
    {
        (_backend, _blocks, _host) = (backend, blocks, host);
        new SpanServer(span, NullLogger.Instance) { Pushes = pushes }.Listen(Loopback.Far(host, oneWay));
    }

    public static async Task<ThinServer> StartAsync(ModelSource model, int block, TimeSpan oneWay = default, bool pushes = true)
    {
        CpuBackend backend = new(new CpuBackendOptions { Threads = 1, Activations = ActivationFormat.F32 });
        DecoderSpan blocks = DecoderSpan.Load(model, new BlockRange(block, block), backend);
        HostedSpan span = new(blocks, new MemoryBudget(long.MaxValue), "thin", TimeProvider.System);
        return new ThinServer(backend, blocks, span, await Loopback.StartAsync(), oneWay, pushes);
    }

    public ValueTask<RemoteSpan> ConnectAsync(IPeerHost client, CancellationToken cancellationToken) =>
        RemoteSpan.ConnectAsync(client, Loopback.AddressOf(_host), _host.Id.ToString(), TimeProvider.System, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _host.DisposeAsync();
        _blocks.Dispose();
        _backend.Dispose();
    }
}
