using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Whorl.Client;
using Whorl.Kernels.Cpu;
using Whorl.Models;
using Whorl.P2P;
using Whorl.Server;
using Whorl.Tensors;

namespace SwarmBench;

/// <summary>A server of some blocks on loopback, as <c>whorl serve</c> is one, computing on one thread.</summary>
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

    /// <summary>Where it listens, as <c>HOST:PORT</c>.</summary>
    public string Endpoint => _host.ListenAddresses[0].TryGetTcp(out string? host, out int port)
        ? string.Create(CultureInfo.InvariantCulture, $"{host}:{port}")
        : throw new InvalidOperationException("it does not listen on TCP");

    public static Task<ThinServer> StartAsync(ModelSource model, int block, TimeSpan oneWay = default, bool pushes = true) =>
        StartAsync(model, new BlockRange(block, block), oneWay, pushes);

    public static async Task<ThinServer> StartAsync(ModelSource model, BlockRange range, TimeSpan oneWay = default, bool pushes = true)
    {
        CpuBackend backend = new(new CpuBackendOptions { Threads = 1, Activations = ActivationFormat.F32 });
        DecoderSpan blocks = DecoderSpan.Load(model, range, backend);
        HostedSpan span = new(blocks, new MemoryBudget(long.MaxValue), "thin", TimeProvider.System);
        return new ThinServer(backend, blocks, span, await Loopback.StartAsync(), oneWay, pushes);
    }

    /// <param name="client">Who connects.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <param name="relay">Through which address; null for its own.</param>
    public ValueTask<RemoteSpan> ConnectAsync(IPeerHost client, CancellationToken cancellationToken, string? relay = null)
    {
        PeerAddress address = relay is null
            ? Loopback.AddressOf(_host)
            : new PeerAddress(_host.Id, [Multiaddress.Parse($"/ip4/127.0.0.1/tcp/{relay.Split(':')[^1]}")]);
        return RemoteSpan.ConnectAsync(client, address, _host.Id.ToString(), TimeProvider.System, cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await _host.DisposeAsync();
        _blocks.Dispose();
        _backend.Dispose();
    }
}
