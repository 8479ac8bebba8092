using Whorl.Cli.Output;
using Whorl.Client;
using Whorl.Kernels.Cpu;
using Whorl.Models;
using Whorl.Server;

namespace Whorl.Cli.Engine;

/// <summary>A model whose ends are in this process, and whose blocks are here or on servers.</summary>
internal sealed class LocalEngine : IAsyncDisposable
{
    private readonly CpuBackend _backend;
    private readonly ModelEnds _ends;
    private readonly DecoderSpan? _blocks;
    private readonly IAsyncDisposable? _network;

    private LocalEngine(ModelSource source, ModelText text, CpuBackend backend, ModelEnds ends, DecoderSpan? blocks, IBlockSpan span, IAsyncDisposable? network)
    {
        (Source, Text, _backend, _ends, _blocks, _network) = (source, text, backend, ends, blocks, network);
        Model = new CausalModel(source, ends, span);
    }

    public ModelSource Source { get; }

    public ModelText Text { get; }

    public CausalModel Model { get; }

    /// <summary>Loads all blocks into this process.</summary>
    public static async Task<LocalEngine> LoadAsync(EngineOptions options, CancellationToken cancellationToken)
    {
        ModelSource source = ModelSource.Open(options.ModelPath);
        CpuBackend backend = new(options.Backend);
        try
        {
            // The tokenizer is read while the weights are packed: neither waits for the other.
            Task<ModelText> text = Task.Run(() => ModelText.Load(source.File), cancellationToken);
            ModelEnds ends = ModelEnds.Load(source, backend);
            BlockRange all = new(0, source.Spec.Blocks.Count - 1);
            DecoderSpan blocks = await LoadBlocksAsync(source, options, all, backend, cancellationToken);
            HostedSpan hosted = Host(source, blocks, options, "local");
            return new LocalEngine(source, await text, backend, ends, blocks, hosted, null);
        }
        catch
        {
            backend.Dispose();
            source.Dispose();
            throw;
        }
    }

    /// <summary>Loads the ends only; servers compute the blocks.</summary>
    /// <param name="options">The model.</param>
    /// <param name="servers">Addresses, as <c>127.0.0.1:5001</c>; none to find servers in the swarm.</param>
    /// <param name="swarm">This node, and how it finds the swarm.</param>
    /// <param name="prefix">What the model is called in the swarm.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public static async Task<LocalEngine> ConnectAsync(
        EngineOptions options, IReadOnlyList<string> servers, NetworkOptions swarm, string prefix, CancellationToken cancellationToken)
    {
        ModelSource source = ModelSource.Open(options.ModelPath);
        CpuBackend backend = new(options.Backend);
        Network? network = null;
        try
        {
            network = await Network.StartAsync(swarm, cancellationToken);
            Task<ModelText> text = Task.Run(() => ModelText.Load(source.File), cancellationToken);
            IBlockSpan blocks = servers.Count > 0
                ? await ChainAsync(network, source, options, servers, cancellationToken)
                : await SwarmSearch.FindAsync(network, prefix, Contract(source, options, BoundaryFormat.F32), source.Spec.Blocks.Count, cancellationToken);
            ModelEnds ends = ModelEnds.Load(source, backend);
            return new LocalEngine(source, await text, backend, ends, null, blocks, network);
        }
        catch
        {
            if (network is not null)
            {
                await network.DisposeAsync();
            }

            backend.Dispose();
            source.Dispose();
            throw;
        }
    }

    /// <summary>Loads blocks with a progress bar.</summary>
    public static Task<DecoderSpan> LoadBlocksAsync(
        ModelSource source, EngineOptions options, BlockRange range, CpuBackend backend, CancellationToken cancellationToken) =>
        Progress.ShowAsync(
            $"loading {Path.GetFileName(Path.TrimEndingDirectorySeparator(options.ModelName))}",
            range.Count,
            progress => DecoderSpan.Load(source, range, backend, BoundaryFormat.F32, progress, cancellationToken));

    /// <summary>Lets sessions compute with loaded blocks.</summary>
    public static HostedSpan Host(ModelSource source, DecoderSpan blocks, EngineOptions options, string name, long maxCacheBytes = long.MaxValue) => new(
        blocks, Contract(source, options, blocks.Boundary), new MemoryBudget(maxCacheBytes), name, TimeProvider.System);

    public async ValueTask DisposeAsync()
    {
        if (_network is not null)
        {
            await _network.DisposeAsync();
        }

        _blocks?.Dispose();
        _ends.Dispose();
        _backend.Dispose();
        Source.Dispose();
    }

    private static SpanContract Contract(ModelSource source, EngineOptions options, BoundaryFormat boundary) =>
        new(source.Fingerprint, options.Backend.Activations, boundary);

    /// <summary>The servers that are named, as few of them as hold all blocks.</summary>
    private static async Task<SpanChain> ChainAsync(
        Network network, ModelSource source, EngineOptions options, IReadOnlyList<string> servers, CancellationToken cancellationToken)
    {
        List<IBlockSpan> spans = [];
        foreach (string server in servers)
        {
            RemoteSpan span = await network.ConnectAsync(server, cancellationToken);
            Require(source, options, span);
            spans.Add(span);
        }

        return SpanChain.Cover(spans, new BlockRange(0, source.Spec.Blocks.Count - 1));
    }

    private static void Require(ModelSource source, EngineOptions options, RemoteSpan span)
    {
        if (span.Contract.Fingerprint != source.Fingerprint)
        {
            throw new CliException($"server {span.Name} holds another model than {source.File.Path}; start it with the same files");
        }

        if (span.Contract.Activations != options.Backend.Activations)
        {
            string theirs = span.Contract.Activations.ToString().ToLowerInvariant();
            throw new CliException($"server {span.Name} computes with --activations {theirs}; give the same here");
        }
    }
}
