using System.Text.Json;
using Whorl.Tokenizers.Json;
using Whorl.Tokenizers.PostProcessors;

namespace Whorl.Tokenizers.HuggingFace;

/// <summary>Reads the tokenizer of a Hugging Face folder: the tokenizer itself, and what the files beside it say.</summary>
internal static class FolderReader
{
    private const string TokenizerFile = "tokenizer.json";
    private const string ConfigFile = "tokenizer_config.json";
    private const long MaxFileBytes = 1L << 28; // the greatest known tokenizer.json has 35 MB

    // The tokenizer classes that put begin and end tokens themselves, whatever the template of tokenizer.json says.
    private static readonly string[] ClassesWithOwnTemplate = ["LlamaTokenizer", "CodeLlamaTokenizer", "GemmaTokenizer", "CohereTokenizer"];

    /// <summary>Reads it.</summary>
    /// <exception cref="TokenizerFormatException">A file is missing, malformed, or of a kind that is not supported.</exception>
    public static TokenizerParts Read(string folder)
    {
        using JsonDocument? config = Open(folder, ConfigFile);
        using JsonDocument? map = Open(folder, "special_tokens_map.json");
        using JsonDocument? model = Open(folder, "config.json");
        using JsonDocument? added = Open(folder, "added_tokens.json");
        JsonElement settings = config?.RootElement ?? default;
        byte[]? json = ReadFile(Path.Combine(folder, TokenizerFile));
        var files = new VocabularyFiles(folder, settings, model?.RootElement ?? default);
        TokenizerClass? known = json is null ? files.FindClass() : null;
        SpecialTokens special = TokenizerJsonReader.Section(ConfigFile, "special tokens", () =>
            new SpecialTokens(settings, map?.RootElement ?? default, known?.SpecialTokens ?? new Dictionary<string, AddedToken>()));
        TokenizerParts parts = known is null ? TokenizerJsonReader.Read(json, TokenizerFile) : files.Read(known, special);
        parts = parts with
        {
            AddedTokens = TokenizerJsonReader.Section(
                ConfigFile, "added_tokens_decoder", () => WithMissing(parts, settings, added?.RootElement ?? default, special)),
            BeginToken = special.Find("bos_token")?.Content ?? parts.BeginToken,
            EndToken = special.Find("eos_token")?.Content ?? parts.EndToken,
            UnknownToken = special.Find("unk_token")?.Content ?? parts.UnknownToken,
            PaddingToken = special.Find("pad_token")?.Content ?? parts.PaddingToken,
            SpecialTokens = special.Map,
            ChatTemplates = ChatTemplateFiles.Read(folder, settings),
        };
        return parts with
        {
            PostProcessor = TokenizerJsonReader.Section(ConfigFile, "add_bos_token", () => known is null
                ? WithOwnTemplate(parts, settings)
                : TemplateOf(known.Kind, parts, settings, special)),
        };
    }

    /// <summary>Whether a folder has the files of a tokenizer.</summary>
    public static bool HasTokenizer(string folder) => File.Exists(Path.Combine(folder, TokenizerFile)) || VocabularyFiles.AreIn(folder);

    /// <summary>The bytes of a file; null where there is none.</summary>
    /// <exception cref="TokenizerFormatException">It is too large.</exception>
    public static byte[]? ReadFile(string path)
    {
        var file = new FileInfo(path);
        if (!file.Exists)
        {
            return null;
        }

        return file.Length <= MaxFileBytes
            ? File.ReadAllBytes(path)
            : throw new TokenizerFormatException($"{path} has {file.Length} bytes, more than any tokenizer; is it the right file?");
    }

    private static JsonDocument? Open(string folder, string name) =>
        ReadFile(Path.Combine(folder, name)) is byte[] content ? JsonReading.Parse(content, name) : null;

    // What is lacking is added as transformers does: the config's added tokens by id, or else those of older files, then the special ones.
    private static List<AddedToken> WithMissing(TokenizerParts parts, JsonElement settings, JsonElement older, SpecialTokens special)
    {
        List<AddedToken> tokens = [.. parts.AddedTokens];
        var known = new HashSet<string>(tokens.Select(token => token.Content), StringComparer.Ordinal);
        var specials = special.All.Select(token => token.Content).ToHashSet(StringComparer.Ordinal);
        IEnumerable<AddedToken> configured = settings.Optional("added_tokens_decoder") is { ValueKind: JsonValueKind.Object } decoder
            ? decoder.EnumerateObject()
                .OrderBy(entry => int.TryParse(entry.Name, out int id) ? id : throw new FormatException($"'{entry.Name}' is no id"))
                .Select(entry => TokenizerJsonReader.ReadAddedToken(entry.Value))
            : older.ValueKind == JsonValueKind.Object
            ? older.EnumerateObject()
                .OrderBy(entry => entry.Value.TryGetInt32(out int id) ? id : throw new FormatException($"the id of '{entry.Name}' is not an integer"))
                .Where(entry => !specials.Contains(entry.Name))
                .Select(entry => new AddedToken(entry.Name) { Normalized = true })
            : [];
        tokens.AddRange(configured.Concat(special.All).Where(token => known.Add(token.Content)));
        return tokens;
    }

    // What transformers puts around a text, by the class.
    private static PostProcessor? TemplateOf(TokenizerKind kind, TokenizerParts parts, JsonElement settings, SpecialTokens special)
    {
        switch (kind)
        {
            case TokenizerKind.Gpt2 or TokenizerKind.Qwen2:
                return settings.Flag("add_bos_token", false) ? StandardTemplates.Around(IdOf(parts, parts.BeginToken), null) : null;
            case TokenizerKind.Roberta:
                return new RobertaPostProcessor(
                    Id("sep_token"), Id("cls_token"), trimOffsets: true, settings.Flag("add_prefix_space", false));
            case TokenizerKind.Bert:
                return StandardTemplates.Bert(Id("cls_token"), Id("sep_token"));
            default:
                bool hasEnd = settings.Flag("add_eos_token", kind == TokenizerKind.SentencePieceWithEnd);
                bool hasBegin = settings.Flag("add_bos_token", kind == TokenizerKind.SentencePiece);
                return StandardTemplates.Around(
                    hasBegin ? IdOf(parts, parts.BeginToken) : null, hasEnd ? IdOf(parts, parts.EndToken) : null);
        }

        int Id(string key) => IdOf(parts, special.Find(key)?.Content) ?? throw new FormatException($"'{key}' is null, but the class needs it");
    }

    private static PostProcessor? WithOwnTemplate(TokenizerParts parts, JsonElement settings)
    {
        string name = settings.OptionalString("tokenizer_class") ?? "";
        bool says = settings.Optional("add_bos_token") is not null || settings.Optional("add_eos_token") is not null;
        if (!says || !ClassesWithOwnTemplate.Any(known => name == known || name == known + "Fast"))
        {
            return parts.PostProcessor;
        }

        int? begin = settings.Flag("add_bos_token", true) ? IdOf(parts, parts.BeginToken) : null;
        int? end = settings.Flag("add_eos_token", false) ? IdOf(parts, parts.EndToken) : null;
        return StandardTemplates.Around(begin, end);
    }

    private static int? IdOf(TokenizerParts parts, string? token)
    {
        int id = token is null ? -1 : new AddedTokenTable(parts.AddedTokens, parts.Model.Vocabulary, null).IdOf(token);
        return id < 0 ? null : id;
    }
}
