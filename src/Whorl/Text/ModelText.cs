using System.Text.Json;
using Whorl.Formats;
using Whorl.Generation;
using Whorl.Models;
using Whorl.Tokenizers;
using Whorl.Tokenizers.ChatTemplates;

namespace Whorl;

/// <summary>A model's side that deals with text: tokenizer, chat template, end tokens, its own way of sampling.</summary>
public sealed class ModelText
{
    private const string DefaultTemplate = "default";

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

    /// <summary>Reads a model's tokenizer and what its files say of texts; no weights.</summary>
    /// <param name="file">The model's files.</param>
    /// <exception cref="TokenizerFormatException">The tokenizer cannot be read.</exception>
    /// <exception cref="ModelFormatException">Another file cannot be.</exception>
    public static ModelText Load(ModelFile file) => file switch
    {
        ModelFolder folder => FromFolder(folder),
        GgufModel gguf => FromGguf(gguf.Metadata),
        _ => throw new NotSupportedException($"no tokenizer for {file.GetType().Name}"),
    };

    /// <summary>
    /// Whether the model answers a prompt: whether it has a default chat template. One whose templates all have other names follows no instructions,
    /// and continues a prompt, as the built-in model does; conversations are put into the first of them.
    /// </summary>
    public bool Answers => Tokenizer?.ChatTemplates.ContainsKey(DefaultTemplate) == true;

    /// <summary>Whether a prompt is put into the chat template: where it must be, or the model has one and nothing speaks against it.</summary>
    public bool UsesTemplate(TextOptions options) => options.UsesTemplate ?? (options.System is not null || Answers);

    /// <summary>The ids of a prompt.</summary>
    /// <param name="prompt">The prompt.</param>
    /// <param name="options">Whether it is put into the chat template, and behind which system message.</param>
    /// <exception cref="WhorlException">There is no tokenizer; or a template is needed and not there, or cannot be used.</exception>
    public int[] Encode(string prompt, TextOptions options)
    {
        if (!UsesTemplate(options))
        {
            return options.System is null ? Need().Encode(prompt)
                : throw new WhorlException("a system message needs the chat template; leave out one of the two");
        }

        IEnumerable<ConversationMessage> system = options.System is { } text ? [new ConversationMessage(ConversationMessage.System, text)] : [];
        try
        {
            return EncodeConversation([.. system, new ConversationMessage(ConversationMessage.User, prompt)]);
        }
        catch (ChatTemplateException e) when (options is { UsesTemplate: null, System: null })
        {
            throw new WhorlException($"the model's chat template cannot be used: {e.Message}; raw continues the prompt without it");
        }
    }

    /// <summary>The ids of a conversation, up to where the assistant is to speak.</summary>
    /// <param name="messages">The conversation.</param>
    /// <exception cref="WhorlException">There is no tokenizer, or no chat template.</exception>
    /// <exception cref="ChatTemplateException">The template refuses such a conversation, or cannot be used.</exception>
    public int[] EncodeConversation(IReadOnlyList<ConversationMessage> messages)
    {
        Tokenizer tokenizer = Need();
        string source = tokenizer.ChatTemplates.TryGetValue(DefaultTemplate, out string? template) ? template
            : tokenizer.ChatTemplates.Count > 0 ? tokenizer.ChatTemplates.Values.First()
            : throw new WhorlException("the model has no chat template: it continues a prompt, without the options chat and system");
        string text = ChatTemplate.Parse(source).Render(new ChatTemplateInput
        {
            Messages = ConversationMessage.ToJson(messages),
            AddGenerationPrompt = true,
            BosToken = tokenizer.BeginToken,
            EosToken = tokenizer.EndToken,
            Variables = tokenizer.SpecialTokens,
        });
        return tokenizer.Encode(text, new EncodeOptions { AddSpecialTokens = false, ParseSpecialTokens = true });
    }

    /// <summary>The tokenizer.</summary>
    /// <exception cref="WhorlException">There is none.</exception>
    internal Tokenizer Need() => Tokenizer ?? throw new WhorlException("the model has no tokenizer; give the ids of the prompt");

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
