using Whorl.Cli.Output;
using Whorl.Client;
using Whorl.Kernels.Cpu;
using Whorl.Models;
using Whorl.Server;

namespace Whorl.Cli.Engine;

/// <summary>A model whose ends are in this process, and whose blocks are here or on servers.</summary>
internal sealed class LocalEngine : IAsyncDisposable
{
    private readonly Owned _owned;

    private LocalEngine(Owned owned, ModelSource source, ModelText text, CausalModel model) =>
        (_owned, Source, Text, Model) = (owned, source, text, model);

    public ModelSource Source { get; }

    public ModelText Text { get; }

    public CausalModel Model { get; }

    /// <summary>Loads all blocks into this process.</summary>
    public static Task<LocalEngine> LoadAsync(EngineOptions options, CancellationToken cancellationToken) =>
        OpenAsync(options, async (source, backend, owned) =>
        {
            DecoderSpan blocks = owned.Add(await LoadBlocksAsync(source, options, All(source), backend, cancellationToken));
            return new HostedSpan(blocks, blocks.Contract, new MemoryBudget(long.MaxValue), "local", TimeProvider.System);
        });

    /// <summary>Loads the ends only; servers compute the blocks.</summary>
    /// <param name="options">The model.</param>
    /// <param name="servers">Addresses, as <c>127.0.0.1:5001</c>; none to find servers in the swarm.</param>
    /// <param name="swarm">This node, and how it finds the swarm.</param>
    /// <param name="prefix">What the model is called in the swarm; null for <see cref="SwarmSearch.DefaultPrefix"/>.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public static Task<LocalEngine> ConnectAsync(
        EngineOptions options, IReadOnlyList<string> servers, NetworkOptions swarm, string? prefix, CancellationToken cancellationToken) =>
        OpenAsync(options, async (source, _, owned) =>
        {
            Network network = owned.Add(await Network.StartAsync(swarm, cancellationToken));
            SpanContract wanted = new(source.Fingerprint, options.Backend.Activations, BoundaryFormat.F32);
            return servers.Count > 0
                ? await ChainAsync(network, source, options, servers, cancellationToken)
                : await SwarmSearch.FindAsync(
                    network,
                    prefix ?? SwarmSearch.DefaultPrefix(options, source.Family),
                    wanted,
                    source.Spec.Blocks.Count,
                    cancellationToken);
        });

    /// <summary>Loads blocks with a progress bar.</summary>
    public static Task<DecoderSpan> LoadBlocksAsync(
        ModelSource source, EngineOptions options, BlockRange range, CpuBackend backend, CancellationToken cancellationToken) =>
        Progress.ShowAsync(
            $"loading {Path.GetFileName(Path.TrimEndingDirectorySeparator(options.ModelName))}",
            range.Count,
            progress => DecoderSpan.Load(source, range, backend, BoundaryFormat.F32, progress, cancellationToken));

    /// <summary>The ids of a prompt.</summary>
    /// <exception cref="CliException">There are none, or the model does not have one of them.</exception>
    public int[] PromptIds(TextRequest request) => request is { PromptIds: null, Prompt: "" }
        ? PromptIds("", [], isChat: false)
        : PromptIds(prompt: null, request.PromptIds ?? Text.Encode(request), isChat: false);

    /// <summary>The ids of a prompt.</summary>
    /// <param name="prompt">The text, or null where ids are given.</param>
    /// <param name="ids">The ids, or null.</param>
    /// <param name="isChat">Whether the text is one message of a user.</param>
    /// <exception cref="CliException">There are none, or the model does not have one of them.</exception>
    public int[] PromptIds(string? prompt, int[]? ids, bool isChat)
    {
        ids ??= Text.Encode(prompt!, isChat);
        if (ids.Length == 0)
        {
            throw new CliException("the prompt is empty; give at least one character");
        }

        int outside = Array.FindIndex(ids, id => id >= Model.VocabularySize);
        return outside < 0
            ? ids
            : throw new CliException($"token id {ids[outside]} is not in the vocabulary; the ids are 0 to {Model.VocabularySize - 1}");
    }

    public ValueTask DisposeAsync() => _owned.DisposeAsync();

    /// <summary>Opens what every engine has, and its blocks.</summary>
    /// <param name="options">The model.</param>
    /// <param name="openBlocks">
    /// Opens the blocks; what must be closed with the engine, or where a later step fails, it adds to the owned.
    /// </param>
    private static async Task<LocalEngine> OpenAsync(
        EngineOptions options, Func<ModelSource, CpuBackend, Owned, Task<IBlockSpan>> openBlocks)
    {
        await Task.Yield(); // Ctrl-C is listened for only once a command has given back control
        Owned owned = new();
        try
        {
            ModelSource source = owned.Add(options.OpenSource());
            CpuBackend backend = owned.Add(new CpuBackend(options.Backend));
            Task<ModelText> text = Task.Run(() => ModelText.Load(source.File)); // neither waits for the other
            try
            {
                IBlockSpan blocks = await openBlocks(source, backend, owned);
                ModelEnds ends = owned.Add(ModelEnds.Load(source, backend));
                return new LocalEngine(owned, source, await text, new CausalModel(source, ends, blocks));
            }
            finally
            {
                await Task.WhenAny(text); // it reads what is closed below
            }
        }
        catch
        {
            await owned.DisposeAsync();
            throw;
        }
    }

    private static BlockRange All(ModelSource source) => new(0, source.Spec.Blocks.Count - 1);

    /// <summary>The servers that are named; those that cannot be reached are left out, with a word, where the others hold all blocks.</summary>
    private static async Task<SpanChain> ChainAsync(
        Network network, ModelSource source, EngineOptions options, IReadOnlyList<string> servers, CancellationToken cancellationToken)
    {
        Task<RemoteSpan>[] asked = [.. servers.Select(server => network.ConnectAsync(server, cancellationToken).AsTask())];
        await Task.WhenAny(Task.WhenAll(asked)); // their failures are looked at one by one
        Task<RemoteSpan>[] lost = [.. asked.Where(a => !a.IsCompletedSuccessfully)];
        if (lost.FirstOrDefault(a => a.Exception?.InnerException is not IOException) is { } refused)
        {
            await refused;
        }

        List<IBlockSpan> spans = [];
        foreach (Task<RemoteSpan> answered in asked.Except(lost))
        {
            RemoteSpan span = await answered;
            Require(source, options, span);
            spans.Add(span);
        }

        SpanChain chain;
        try
        {
            chain = SpanChain.Cover(spans, All(source));
        }
        catch (NoRouteException) when (lost.Length > 0)
        {
            await lost[0];
            throw;
        }

        foreach (Task<RemoteSpan> left in lost)
        {
            await Console.Error.WriteLineAsync($"whorl: {UserErrors.Explain(left.Exception!.InnerException!)}; going on without it");
        }

        return chain;
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
