using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.AI;
using Whorl.Client;
using Whorl.Client.Recovery;
using Whorl.Formats;
using Whorl.Generation;
using Whorl.Generation.Speculation;
using Whorl.Kernels.Cpu;
using Whorl.Models;
using Whorl.P2P;
using Whorl.Server;
using Whorl.Tokenizers;

namespace Whorl;

/// <summary>
/// A model whose tokenizer, embeddings and head are in this process, and whose blocks are here or on servers: what is written with it is the same
/// either way. May be used by many threads; texts that are written at the same time share the work.
/// </summary>
public sealed class LanguageModel : IAsyncDisposable
{
    private readonly Owned _owned;
    private readonly ModelOptions _options;
    private readonly InUse _use = new();
    private readonly ConcurrentDictionary<ChatSession, bool> _chats = new(); // those that are not closed

    private LanguageModel(Owned owned, LocatedModel located, ModelOptions options, ModelSource source, ModelText text, CausalModel model)
    {
        (_owned, _options, Name, Source, Text, Model) = (owned, options, located.Name, source, text, model);
        Sessions = new TextSessionPool(model);
    }

    /// <summary>What it is called: its name on the hub, else its path.</summary>
    public string Name { get; }

    /// <summary>The model's files: family, sizes, names of tensors.</summary>
    public ModelSource Source { get; }

    /// <summary>Its tokenizer, chat template, end tokens, and its own way of sampling.</summary>
    public ModelText Text { get; }

    /// <summary>Its tokenizer; null for a model without one.</summary>
    public Tokenizer? Tokenizer => Text.Tokenizer;

    /// <summary>Ids in, logits out: what texts are written with, for loops of one's own.</summary>
    public CausalModel Model { get; }

    /// <summary>Sessions that are kept from one text to the next.</summary>
    internal TextSessionPool Sessions { get; }

    /// <summary>Loads all blocks into this process.</summary>
    /// <param name="model">
    /// A Hugging Face folder, a .gguf file, or a name on the hub (<c>org/name</c>, <c>org/name@REVISION</c>, <c>org/name:Q4_K_M</c>), which is fetched if
    /// need be; null or <c>bard</c> for the small model that comes with Whorl.
    /// </param>
    /// <param name="options">How it is computed; null for the defaults.</param>
    /// <param name="cancellationToken">Stops the loading; what was fetched is kept.</param>
    /// <exception cref="WhorlException">There is no such model.</exception>
    /// <exception cref="HubException">It cannot be fetched.</exception>
    /// <exception cref="ModelFormatException">A file cannot be read, or asks for what is not supported.</exception>
    /// <exception cref="TokenizerFormatException">The tokenizer cannot be read.</exception>
    public static Task<LanguageModel> LoadAsync(string? model, ModelOptions? options = null, CancellationToken cancellationToken = default)
    {
        ModelOptions how = options ?? new ModelOptions();
        return Task.Run(
            async () => await LoadAsync(await FindAsync(model, ModelPart.Whole, how, cancellationToken), how, cancellationToken), cancellationToken);
    }

    /// <summary>Loads a model's embeddings and head only; servers compute the blocks. Of a model of the hub no more is fetched.</summary>
    /// <param name="model">See <see cref="LoadAsync(string, ModelOptions, CancellationToken)"/>.</param>
    /// <param name="connect">Where the servers are.</param>
    /// <param name="options">How it is computed; null for the defaults.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="WhorlException">There is no such model; or servers are not named, not found, or hold another one.</exception>
    /// <exception cref="NoRouteException">Some block is held by nobody who answers.</exception>
    /// <exception cref="HubException">The model cannot be fetched.</exception>
    /// <exception cref="ModelFormatException">A file cannot be read, or asks for what is not supported.</exception>
    /// <exception cref="IOException">A server that is needed does not answer.</exception>
    public static Task<LanguageModel> ConnectAsync(
        string? model, ConnectOptions connect, ModelOptions? options = null, CancellationToken cancellationToken = default)
    {
        ModelOptions how = options ?? new ModelOptions();
        NetworkOptions node = connect.ToNetwork();
        return Task.Run(
            async () => await ConnectAsync(
                await FindAsync(model, ModelPart.Ends, how, cancellationToken), how, connect.Servers, node, connect.NameInSwarm, cancellationToken),
            cancellationToken);
    }

    internal static Task<LanguageModel> LoadAsync(LocatedModel model, ModelOptions options, CancellationToken cancellationToken) =>
        OpenAsync(model, options, async (source, backend, owned) =>
        {
            DecoderSpan blocks = owned.Add(await LoadBlocksAsync(source, model.Name, options, All(source), backend, cancellationToken));
            return new HostedSpan(blocks, new MemoryBudget(long.MaxValue), "local", TimeProvider.System);
        });

    /// <param name="model">The model.</param>
    /// <param name="options">How it is computed.</param>
    /// <param name="servers">Addresses, as <c>127.0.0.1:5001</c>; none to find servers in the swarm.</param>
    /// <param name="swarm">This node, and how it finds the swarm.</param>
    /// <param name="prefix">What the model is called in the swarm; null for <see cref="SwarmSearch.DefaultPrefix"/>.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    internal static Task<LanguageModel> ConnectAsync(
        LocatedModel model, ModelOptions options, IReadOnlyList<string> servers, NetworkOptions swarm, string? prefix, CancellationToken cancellationToken)
    {
        if (servers.Count == 0 && !swarm.FindsASwarm)
        {
            throw new WhorlException("nobody is named who computes the blocks: give servers, initial peers of a swarm, or search the local network");
        }

        return OpenAsync(model, options, async (source, backend, owned) =>
        {
            LostBlocks lost = owned.Add(new LostBlocks(source, backend));
            RecoveryOptions recovery = new()
            {
                Wait = swarm.Wait,
                LoadHere = swarm.ComputesLostBlocks ? lost.LoadAsync : null,
                Waiting = line => options.Warn?.Invoke(new ModelWarning(ModelWarningKind.Server, line)),
            };
            Network network = owned.Add(await Network.StartAsync(swarm, cancellationToken));
            SpanContract wanted = new(source.Fingerprint, backend.Activations, BoundaryFormat.F32) { Kernels = backend.KernelClass }; // of values nothing is known
            return servers.Count > 0
                ? await ChainAsync(network, source, wanted, options, servers, recovery, cancellationToken)
                : await SwarmSearch.FindAsync(
                    network, prefix ?? SwarmSearch.DefaultPrefix(model, source.Family), wanted, source.Spec.Blocks.Count, recovery, options.Warn, cancellationToken);
        },
        swarm.PrefixKey is { } key ? SHA256.HashData(Encoding.UTF8.GetBytes(key)) : null);
    }

    /// <summary>Loads blocks, on a thread that nobody waits on.</summary>
    internal static Task<DecoderSpan> LoadBlocksAsync(
        ModelSource source, string name, ModelOptions options, BlockRange range, CpuBackend backend, CancellationToken cancellationToken)
    {
        string shortName = Path.GetFileName(Path.TrimEndingDirectorySeparator(name));
        BlockReport? progress = options.Loading is { } loading ? new BlockReport(loading, shortName, range.Count) : null;
        progress?.Report(0);
        return Task.Run(() => DecoderSpan.Load(source, range, backend, BoundaryFormat.F32, progress, cancellationToken), cancellationToken);
    }

    /// <summary>The ids of a prompt.</summary>
    /// <param name="prompt">The prompt.</param>
    /// <param name="options">Whether it is put into the chat template.</param>
    /// <exception cref="WhorlException">It is empty, or cannot be put into a template.</exception>
    internal int[] PromptIds(string prompt, TextOptions options) => Check(prompt.Length == 0 ? [] : Text.Encode(prompt, options));

    /// <summary>Ids that the model has, at least one.</summary>
    /// <exception cref="WhorlException">There are none, or the model does not have one of them.</exception>
    internal int[] Check(int[] ids)
    {
        if (ids.Length == 0)
        {
            throw new WhorlException("the prompt is empty; give at least one character");
        }

        int outside = Array.FindIndex(ids, id => id < 0 || id >= Model.VocabularySize);
        return outside < 0
            ? ids
            : throw new WhorlException($"token id {ids[outside]} is not in the vocabulary; the ids are 0 to {Model.VocabularySize - 1}");
    }

    /// <summary>
    /// Answers a prompt, or continues it: a model that has a chat template answers, unless <see cref="TextOptions.UsesTemplate"/> says otherwise.
    /// </summary>
    /// <param name="prompt">The prompt, at least one character.</param>
    /// <param name="options">How the text is written; null for the defaults.</param>
    /// <param name="reading">Told how far the prompt is read, on any thread; null where nobody looks.</param>
    /// <returns>The text, which is written while it is enumerated.</returns>
    /// <exception cref="WhorlException">The prompt is empty, cannot be put into a template, or is too long (while the text is read, as all of these).</exception>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range (at once).</exception>
    /// <exception cref="ModelOutputException">The model computes what is no number.</exception>
    /// <exception cref="IOException">A server is gone.</exception>
    /// <exception cref="NoRouteException">Some block is held by nobody who answers.</exception>
    public GeneratedText GenerateAsync(string prompt, TextOptions? options = null, IProgress<PromptReading>? reading = null) =>
        GenerateAsync(how => PromptIds(prompt, how), options, reading);

    /// <summary>Continues a prompt that is given in tokens.</summary>
    /// <param name="promptIds">The tokens, at least one; special ones as they stand.</param>
    /// <param name="options">How the text is written; null for the defaults.</param>
    /// <param name="reading">Told how far the prompt is read, on any thread; null where nobody looks.</param>
    /// <returns>The text; without pieces where the model has no tokenizer, so that its result has all there is.</returns>
    /// <exception cref="WhorlException">There are none, or the model does not have one of them (while the text is read).</exception>
    public GeneratedText GenerateAsync(IReadOnlyList<int> promptIds, TextOptions? options = null, IProgress<PromptReading>? reading = null) =>
        GenerateAsync(_ => Check([.. promptIds]), options, reading);

    /// <summary>
    /// Continues a prompt and keeps the text in a file while it is written, or goes on with the text that the file has: to the bytes of a
    /// text that was written without a break, also where the process that began it was killed. What it had come to is computed again.
    /// </summary>
    /// <param name="file">The file; written when the text begins and ends, and every second between, in one stroke each time.</param>
    /// <param name="prompt">The prompt; null where the file is there, whose prompt and options hold then.</param>
    /// <param name="options">How the text is written; null for the defaults.</param>
    /// <returns>The text from its beginning on, also what the file had of it.</returns>
    /// <exception cref="WhorlException">
    /// The file is there and a prompt too, or neither; or it is no text that was saved, or another model's (while the text is read, as all
    /// of these). </exception>
    public GeneratedText GenerateInFileAsync(string file, string? prompt, TextOptions? options = null)
    {
        TextOptions how = options ?? new TextOptions();
        _ = how.Resolve(Text); // refuses what cannot be before anything begins
        return new GeneratedText(async (show, settle, cancellationToken) =>
        {
            using InUse.Mark mark = _use.Enter(cancellationToken);
            SavedText? saved = File.Exists(file) ? await LoadTextAsync(file, mark.Ending) : null;
            if (saved is null == prompt is null)
            {
                throw new WhorlException(saved is null
                    ? $"there is no text in '{file}' to go on with; give a prompt"
                    : $"'{file}' has a text already; give no prompt to go on with it, or another file");
            }

            await using Speculator? speculator = how.Speculation?.Create(Text, Model.VocabularySize);
            await using TextWriterSession writer = new(Model, Text, how)
            {
                Speculator = speculator,
                Notice = line => _options.Warn?.Invoke(new ModelWarning(ModelWarningKind.Server, line)),
                Saver = SaverOf(file),
            };
            int[] ids = saved is null ? PromptIds(prompt!, how) : [];
            await SettleAsync(
                writer,
                () => saved is null
                    ? writer.WriteAsync(ids, ContextWindow.OfText(Model, how, ids.Length), show, mark.Ending)
                    : writer.ResumeAsync(saved, show, mark.Ending),
                settle,
                mark.Ending);
        });
    }

    /// <summary>Reads a text that was saved.</summary>
    /// <exception cref="WhorlException">It is none, or another model's.</exception>
    internal async Task<SavedText> LoadTextAsync(string file, CancellationToken cancellationToken)
    {
        SavedText saved = await SavedText.LoadAsync(file, cancellationToken);
        return saved.Model != Identity
            ? throw new WhorlException($"'{file}' has a text of another model, or computed otherwise: {saved.Model}, not {Identity}")
            : saved.Prompt.Concat(saved.Ids).All(id => id < Model.VocabularySize) ? saved
            : throw new WhorlException($"'{file}' has tokens that are not in the vocabulary");
    }

    /// <summary>Keeps a text in a file.</summary>
    internal TextSaver SaverOf(string file) => new(file, Identity, TimeProvider.System);

    /// <summary>What decides the bytes of a text beside its options.</summary>
    private string Identity => $"{Source.Fingerprint} {(_options.Activations == Tensors.ActivationFormat.F32 ? "f32" : "q8")}";

    /// <summary>Begins a conversation.</summary>
    /// <param name="options">How answers are written, and the system prompt; null for the defaults.</param>
    /// <exception cref="WhorlException">The model has no tokenizer; or its template no place for a system prompt, or the context is too large for it.</exception>
    public ChatSession StartChat(TextOptions? options = null)
    {
        ContextWindow.Check(Source.Spec, options?.Context, _options.Warn);
        ChatSession? chat = null;
        chat = new ChatSession(Model, Text, options ?? new TextOptions()) { Use = _use, Closed = () => _chats.TryRemove(chat!, out _) };
        _chats[chat] = true;
        return chat;
    }

    /// <summary>
    /// This model as an <c>IChatClient</c> of Microsoft.Extensions.AI. Requests may come at the same time; what an earlier answer has left is used
    /// again where a conversation goes on. Options that are not supported (tools, answers in JSON, additional properties but <c>min_p</c> and
    /// <c>repetition_penalty</c>) are refused by <see cref="NotSupportedException"/>. A conversation that does not fit into
    /// <see cref="TextOptions.Context"/> (by default 4096 tokens, or what the model was made for) is refused by <see cref="ContextFullException"/>.
    /// </summary>
    /// <param name="options">What holds where a request says nothing; null for the model's own.</param>
    /// <returns>The client. The model is to be closed after its last answer; closing the client closes nothing.</returns>
    /// <exception cref="WhorlException">The model has no tokenizer or no chat template.</exception>
    public IChatClient AsChatClient(TextOptions? options = null)
    {
        if (Text.Need().ChatTemplates.Count == 0)
        {
            throw new WhorlException("the model has no chat template, so that it cannot answer; GenerateAsync continues a prompt");
        }

        ContextWindow.Check(Source.Spec, options?.Context, _options.Warn);
        return new ModelChatClient(this, options ?? new TextOptions(), TimeProvider.System);
    }

    /// <summary>Answers a conversation that somebody else keeps.</summary>
    /// <param name="messages">All of it.</param>
    /// <param name="options">How the answer is written.</param>
    internal GeneratedText AnswerAsync(IReadOnlyList<ConversationMessage> messages, TextOptions options)
    {
        _ = options.Resolve(Text); // refuses what cannot be before anything begins
        return new GeneratedText(async (show, settle, cancellationToken) =>
        {
            using InUse.Mark mark = _use.Enter(cancellationToken);
            int[] prompt = Text.EncodeConversation(messages);
            int context = ContextWindow.OfChat(Model, options);
            TextOptions how = options with { MaxTokens = options.MaxTokens ?? int.MaxValue };
            TextSession session = Sessions.Take(prompt, context);
            try
            {
                await WriteAsync(session, how, prompt, context, reading: null, show, settle, mark.Ending);
            }
            finally
            {
                await Sessions.GiveBackAsync(session);
            }
        });
    }

    /// <summary>Computes a text and keeps everything on the way: the hidden states at every block boundary, the head's input, the logits.</summary>
    /// <param name="ids">The text, at least one token.</param>
    /// <param name="cancellationToken">Stops between chunks of it.</param>
    /// <exception cref="WhorlException">There are none, or the model does not have one of them.</exception>
    public Task<ModelTrace> TraceAsync(IReadOnlyList<int> ids, CancellationToken cancellationToken = default) => Task.Run(
        async () =>
        {
            using InUse.Mark mark = _use.Enter(cancellationToken);
            return await ModelTrace.TakeAsync(Model, Check([.. ids]), mark.Ending);
        },
        cancellationToken);

    /// <summary>Ends what is being written, frees the weights and leaves the swarm. Conversations cannot be gone on with.</summary>
    public async ValueTask DisposeAsync()
    {
        if (await _use.EndAsync())
        {
            foreach (ChatSession chat in _chats.Keys)
            {
                await chat.DisposeAsync();
            }

            await Sessions.DisposeAsync();
            await _owned.DisposeAsync();
            _use.Dispose();
        }
    }

    private GeneratedText GenerateAsync(Func<TextOptions, int[]> encode, TextOptions? options, IProgress<PromptReading>? reading)
    {
        TextOptions how = options ?? new TextOptions();
        _ = how.Resolve(Text); // refuses what cannot be before anything begins
        return new GeneratedText(async (show, settle, cancellationToken) =>
        {
            using InUse.Mark mark = _use.Enter(cancellationToken);
            ContextWindow.Check(Source.Spec, how.Context, _options.Warn);
            int[] prompt = encode(how);
            await using TextSession session = new(Model);
            await WriteAsync(session, how, prompt, ContextWindow.OfText(Model, how, prompt.Length), reading, show, settle, mark.Ending);
        });
    }

    private async Task WriteAsync(
        TextSession session,
        TextOptions options,
        int[] prompt,
        int maxLength,
        IProgress<PromptReading>? reading,
        Action<string> show,
        Action<TextResult> settle,
        CancellationToken cancellationToken)
    {
        await using Speculator? speculator = options.Speculation?.Create(Text, Model.VocabularySize);
        TextWriterSession writer = new(Model, Text, options, session)
        {
            Speculator = speculator,
            Reading = reading,
            Notice = line => _options.Warn?.Invoke(new ModelWarning(ModelWarningKind.Server, line)),
        };
        await SettleAsync(writer, () => writer.WriteAsync(prompt, maxLength, show, cancellationToken), settle, cancellationToken);
    }

    private static async Task SettleAsync(
        TextWriterSession writer, Func<Task<TextResult>> write, Action<TextResult> settle, CancellationToken cancellationToken)
    {
        try
        {
            TextResult result = await write();
            settle(result);
            if (result.StopReason == StopReason.None)
            {
                cancellationToken.ThrowIfCancellationRequested();
            }
        }
        catch when (writer.Unfinished is not null)
        {
            settle(writer.Unfinished);
            throw;
        }
    }

    private static Task<LocatedModel> FindAsync(string? model, ModelPart part, ModelOptions options, CancellationToken cancellationToken) =>
        ModelLocator.FindAsync(model, part, new DownloadReport(options.Downloading), options.Warn, cancellationToken);

    /// <summary>Opens what every model has, and its blocks.</summary>
    /// <param name="model">Where it is.</param>
    /// <param name="options">How it is computed.</param>
    /// <param name="openBlocks">
    /// Opens the blocks; what must be closed with the model, or where a later step fails, it adds to the owned.
    /// </param>
    /// <param name="prefixScope">Who shares what servers compute of texts' beginnings; null for nobody.</param>
    private static async Task<LanguageModel> OpenAsync(
        LocatedModel model, ModelOptions options, Func<ModelSource, CpuBackend, Owned, Task<IBlockSpan>> openBlocks, byte[]? prefixScope = null)
    {
        await Task.Yield(); // Ctrl-C is listened for only once a command has given back control
        Owned owned = new();
        try
        {
            ModelSource source = owned.Add(options.OpenSource(model.Path));
            CpuBackend backend = owned.Add(new CpuBackend(options.Backend));
            Task<ModelText> text = Task.Run(() => ModelText.Load(source.File)); // neither waits for the other
            try
            {
                IBlockSpan blocks = await openBlocks(source, backend, owned);
                ModelEnds ends = owned.Add(ModelEnds.Load(source, backend));
                return new LanguageModel(owned, model, options, source, await text, new CausalModel(source, ends, blocks) { PrefixScope = prefixScope });
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
        Network network,
        ModelSource source,
        SpanContract wanted,
        ModelOptions options,
        IReadOnlyList<string> servers,
        RecoveryOptions recovery,
        CancellationToken cancellationToken)
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
            Require(source, wanted, span);
            spans.Add(span);
        }

        SpanChain chain;
        try
        {
            chain = SpanChain.Cover(spans, All(source), recovery);
        }
        catch (NoRouteException) when (lost.Length > 0)
        {
            await lost[0];
            throw;
        }

        foreach (Task<RemoteSpan> left in lost)
        {
            options.Warn?.Invoke(new ModelWarning(ModelWarningKind.Server, $"{PeerText.Clean(left.Exception!.InnerException!.Message)}; going on without it"));
        }

        return chain;
    }

    private static void Require(ModelSource source, SpanContract wanted, RemoteSpan span)
    {
        if (span.Contract.Fingerprint != wanted.Fingerprint)
        {
            throw new WhorlException($"server {span.Name} holds another model than {source.File.Path}; start it with the same files");
        }

        if (span.Contract.Activations != wanted.Activations)
        {
            string theirs = span.Contract.Activations.ToString().ToLowerInvariant();
            throw new WhorlException($"server {span.Name} computes with activations {theirs}; give the same here");
        }

        if (wanted.Disagreement(span.Contract) is { } difference)
        {
            throw new WhorlException($"server {span.Name} has '{difference.Other}' where this program has '{difference.Own}'; run the same version there and here");
        }
    }

    private sealed class BlockReport(IProgress<ModelLoading> loading, string name, int total) : IProgress<int>
    {
        public void Report(int value) => loading.Report(new ModelLoading(name, value, total));
    }
}
