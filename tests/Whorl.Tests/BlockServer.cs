using Microsoft.Extensions.Logging.Abstractions;
using Whorl.Kernels.Cpu;
using Whorl.Models;
using Whorl.Server;

namespace Whorl.Tests;

/// <summary>A server of some blocks, in this process, on loopback.</summary>
internal sealed class BlockServer : IAsyncDisposable
{
    private readonly Owned _owned = new();

    private BlockServer(Network network) => Address = network.Address;

    /// <summary>Where it listens.</summary>
    public string Address { get; private set; }

    /// <summary>Starts a server.</summary>
    /// <param name="folder">The model.</param>
    /// <param name="blocks">Which blocks.</param>
    public static async Task<BlockServer> StartAsync(string folder, BlockRange blocks)
    {
        Network network = await Network.StartAsync(new NetworkOptions { Listen = [Addresses.ParseListen("127.0.0.1:0")] }, CancellationToken.None);
        BlockServer server = new(network);
        CpuBackend backend = server._owned.Add(new CpuBackend(new CpuBackendOptions { Threads = 1 }));
        using ModelSource source = ModelSource.Open(folder);
        DecoderSpan span = server._owned.Add(DecoderSpan.Load(source, blocks, backend));
        HostedSpan hosted = new(span, new MemoryBudget(1L << 30), network.Address, TimeProvider.System);
        server._owned.Add(new SpanServer(hosted, NullLogger.Instance)).Listen(network.Host);
        server._owned.Add(network);
        return server;
    }

    public ValueTask DisposeAsync() => _owned.DisposeAsync();
}
