using System.Text.Json;
using Whorl.Formats;
using Whorl.Generation;
using Whorl.Tokenizers;
using Whorl.Tokenizers.ChatTemplates;

namespace Whorl.Cli.Engine;

/// <summary>A model's side that deals with text: tokenizer, chat template, end tokens, its own way of sampling.</summary>
internal sealed class ModelText
{
    private static readonly SamplingOptions Usual = new() { Temperature = 0.8f, TopP = 0.95f, MinP = 0.05f };

    private ModelText(Tokenizer? tokenizer, IReadOnlyCollection<int> endTokens, SamplingOptions sampling) =>
        (Tokenizer, EndTokens, Sampling) = (tokenizer, endTokens, sampling);

    /// <summary>Null for a model without one.</summary>
    public Tokenizer? Tokenizer { get; }

    public IReadOnlyCollection<int> EndTokens { get; }

    /// <summary>What generation_config.json says, else the usual.</summary>
    public SamplingOptions Sampling { get; }

    public static ModelText Load(ModelFile file) => file switch
    {
        ModelFolder folder => FromFolder(folder),
        GgufModel gguf => FromGguf(gguf.Metadata),
        _ => throw new NotSupportedException($"no tokenizer for {file.GetType().Name}"),
    };

    /// <summary>
    /// Whether the model has a chat template, and answers. The built-in model's template makes a play of a conversation, and is for chats: the
    /// model follows no instructions, and continues a text.
    /// </summary>
    public bool Answers => Tokenizer is { ChatTemplates: { Count: > 0 } templates } && !templates.Values.Any(IsPlay);

    /// <summary>Whether a prompt is put into the chat template: where it must be, or the model has one and nothing speaks against it.</summary>
    public bool UsesTemplate(TextRequest request) =>
        request is { PromptIds: null, IsRaw: false } && (request.IsChat || request.System is not null || Answers);

    /// <summary>The ids of a prompt.</summary>
    /// <exception cref="CliException">A template is needed and not there, or cannot be used.</exception>
    public int[] Encode(TextRequest request)
    {
        if (!UsesTemplate(request))
        {
            return Need().Encode(request.Prompt!);
        }

        IEnumerable<ChatMessage> system = request.System is { } text ? [new ChatMessage("system", text)] : [];
        try
        {
            return EncodeConversation([.. system, new ChatMessage("user", request.Prompt!)]);
        }
        catch (ChatTemplateException e) when (request is { IsChat: false, System: null })
        {
            throw new CliException($"the model's chat template cannot be used: {e.Message}; --raw continues the prompt without it");
        }
    }

    /// <summary>The ids of a prompt: as it is, or put into the chat template as one message.</summary>
    public int[] Encode(string prompt, bool chat) => chat
        ? EncodeConversation([new ChatMessage("user", prompt)])
        : Need().Encode(prompt);

    /// <summary>The ids of a conversation, up to where the assistant is to speak.</summary>
    public int[] EncodeConversation(IReadOnlyList<ChatMessage> messages)
    {
        Tokenizer tokenizer = Need();
        string source = tokenizer.ChatTemplates.TryGetValue("default", out string? template) ? template
            : tokenizer.ChatTemplates.Count > 0 ? tokenizer.ChatTemplates.Values.First()
            : throw new CliException("the model has no chat template: it continues a prompt, without --chat and --system");
        string text = ChatTemplate.Parse(source).Render(new ChatTemplateInput
        {
            Messages = ChatMessage.ToJson(messages),
            AddGenerationPrompt = true,
            BosToken = tokenizer.BeginToken,
            EosToken = tokenizer.EndToken,
        });
        return tokenizer.Encode(text, new EncodeOptions { AddSpecialTokens = false, ParseSpecialTokens = true });
    }

    private static bool IsPlay(string template) => template.Contains("STRANGER.", StringComparison.Ordinal);

    public Tokenizer Need() => Tokenizer ?? throw new CliException("the model has no tokenizer; give --prompt-ids");

    private static ModelText FromFolder(ModelFolder folder)
    {
        Tokenizer? tokenizer = Tokenizer.IsInFolder(folder.Path) ? Tokenizer.FromFolder(folder.Path) : null;
        HashSet<int> ends = [];
        AddIds(ends, folder.GenerationConfig);
        if (ends.Count == 0)
        {
            AddIds(ends, folder.Config);
        }

        Add(ends, tokenizer?.EndTokenId);
        return new ModelText(tokenizer, ends, folder.GenerationConfig is { } config ? ReadSampling(config) : Usual);
    }

    private static ModelText FromGguf(GgufMetadata metadata)
    {
        bool has = metadata.ContainsKey("tokenizer.ggml.model") && metadata.ContainsKey("tokenizer.ggml.tokens");
        Tokenizer? tokenizer = has ? Tokenizer.FromGguf(metadata) : null;
        HashSet<int> ends = [];
        Add(ends, metadata.FindInt32("tokenizer.ggml.eos_token_id"));
        Add(ends, metadata.FindInt32("tokenizer.ggml.eot_token_id"));
        Add(ends, metadata.FindInt32("tokenizer.ggml.eom_token_id"));
        return new ModelText(tokenizer, ends, Usual);
    }

    private static void Add(HashSet<int> ids, int? id)
    {
        if (id is { } value)
        {
            ids.Add(value);
        }
    }

    private static void AddIds(HashSet<int> ids, JsonElement? config)
    {
        if (config is { } found && found.TryGetProperty("eos_token_id", out JsonElement value))
        {
            foreach (JsonElement id in value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray()] : (JsonElement[])[value])
            {
                Add(ids, id.ValueKind == JsonValueKind.Number && id.TryGetInt32(out int number) ? number : null);
            }
        }
    }

    private static SamplingOptions ReadSampling(JsonElement config)
    {
        bool samples = config.TryGetProperty("do_sample", out JsonElement flag) && flag.ValueKind == JsonValueKind.True;
        return new SamplingOptions
        {
            Temperature = samples ? Number("temperature", 1)
                : config.TryGetProperty("temperature", out _) ? Number("temperature", 0)
                : Usual.Temperature,
            TopK = (int)Number("top_k", 0),
            TopP = Number("top_p", samples ? 1 : Usual.TopP),
            MinP = Number("min_p", 0),
            RepetitionPenalty = Number("repetition_penalty", 1),
        };

        float Number(string key, float absent) =>
            config.TryGetProperty(key, out JsonElement value) && value.ValueKind == JsonValueKind.Number ? value.GetSingle() : absent;
    }
}
