using System.Text.Json;
using Whorl.Formats;
using Whorl.Generation;
using Whorl.Models;
using Whorl.Tokenizers;
using Whorl.Tokenizers.ChatTemplates;

namespace Whorl.Cli.Engine;

/// <summary>A model's side that deals with text: tokenizer, chat template, end tokens, its own way of sampling.</summary>
internal sealed class ModelText
{
    /// <summary>Ids that a file without a tokenizer has too.</summary>
    private static readonly string[] GgufEnds = ["eos", "eot", "eom"];

    private static readonly SamplingOptions Usual = new() { Temperature = 0.8f, TopP = 0.95f, MinP = 0.05f };

    private ModelText(Tokenizer? tokenizer, IEnumerable<int> endTokens, SamplingOptions sampling, IReadOnlyList<string> stopStrings)
    {
        (Tokenizer, Sampling, StopStrings) = (tokenizer, sampling, stopStrings);
        EndTokens = new HashSet<int>(endTokens.Concat(tokenizer?.EndOfGenerationIds ?? []).Where(id => id >= 0));
    }

    /// <summary>Null for a model without one.</summary>
    public Tokenizer? Tokenizer { get; }

    /// <summary>All that end a text, by what any of the model's files says or a token's text means.</summary>
    public IReadOnlySet<int> EndTokens { get; }

    /// <summary>Strings that end a text, by generation_config.json.</summary>
    public IReadOnlyList<string> StopStrings { get; }

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
            Variables = tokenizer.SpecialTokens,
        });
        return tokenizer.Encode(text, new EncodeOptions { AddSpecialTokens = false, ParseSpecialTokens = true });
    }

    private static bool IsPlay(string template) => template.Contains("STRANGER.", StringComparison.Ordinal);

    public Tokenizer Need() => Tokenizer ?? throw new CliException("the model has no tokenizer; give --prompt-ids");

    private static ModelText FromFolder(ModelFolder folder)
    {
        Tokenizer? tokenizer = Tokenizer.IsInFolder(folder.Path) ? Tokenizer.FromFolder(folder.Path) : null;
        IEnumerable<int> ends = EndIds(folder.GenerationConfig).Concat(EndIds(folder.Config));
        if (folder.Config.TryGetProperty("text_config", out JsonElement text) && text.ValueKind == JsonValueKind.Object)
        {
            ends = ends.Concat(EndIds(text));
        }

        GenerationConfig? own = folder.FindFile("generation_config.json") is { } file
            ? GenerationConfig.Read(folder.GenerationConfig!.Value, file)
            : null;
        return new ModelText(tokenizer, ends, own is null ? Usual : ReadSampling(own), own?.StopStrings ?? []);
    }

    private static ModelText FromGguf(GgufMetadata metadata)
    {
        bool has = metadata.ContainsKey("tokenizer.ggml.model") && metadata.ContainsKey("tokenizer.ggml.tokens");
        Tokenizer? tokenizer = has ? Tokenizer.FromGguf(metadata) : null;
        IEnumerable<int> ends = GgufEnds.Select(name => metadata.FindTokenId($"tokenizer.ggml.{name}_token_id")).OfType<int>();
        return new ModelText(tokenizer, ends, Usual, []);
    }

    /// <summary>The <c>eos_token_id</c> of a file: a number, or a list of them.</summary>
    private static IEnumerable<int> EndIds(JsonElement? config)
    {
        if (config is { } found && found.TryGetProperty("eos_token_id", out JsonElement value))
        {
            foreach (JsonElement id in value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray()] : (JsonElement[])[value])
            {
                if (id.ValueKind == JsonValueKind.Number && id.TryGetInt32(out int number))
                {
                    yield return number;
                }
            }
        }
    }

    /// <summary>
    /// <c>do_sample</c> false takes the likeliest token whatever stands beside it; where it is absent, a temperature says that tokens are
    /// drawn.
    /// </summary>
    private static SamplingOptions ReadSampling(GenerationConfig own) => new()
    {
        Temperature = own.Samples == false ? 0 : own.Temperature ?? (own.Samples == true ? 1 : Usual.Temperature),
        TopK = own.TopK ?? 0,
        TopP = own.TopP ?? (own.Samples == true ? 1 : Usual.TopP),
        MinP = own.MinP ?? 0,
        RepetitionPenalty = own.RepetitionPenalty ?? 1,
    };
}
