using System.Text.Json;
using Whorl.Tokenizers.Json;
using Whorl.Tokenizers.PostProcessors;
using Whorl.Tokenizers.SentencePiece;

namespace Whorl.Tokenizers.HuggingFace;

/// <summary>Reads the tokenizer of a Hugging Face folder: the tokenizer itself, and what the files beside it say.</summary>
internal static class FolderReader
{
    private const string ConfigFile = "tokenizer_config.json";
    private const long MaxFileBytes = 1L << 28; // the greatest known tokenizer.json has 35 MB

    // The tokenizer classes that put begin and end tokens themselves, whatever the template of tokenizer.json says.
    private static readonly string[] ClassesWithOwnTemplate = ["LlamaTokenizer", "CodeLlamaTokenizer", "GemmaTokenizer", "CohereTokenizer"];

    /// <summary>Reads it.</summary>
    /// <exception cref="TokenizerFormatException">A file is missing, malformed, or of a kind that is not supported.</exception>
    public static TokenizerParts Read(string folder)
    {
        TokenizerParts parts = ReadTokenizer(folder);
        using JsonDocument? config = Open(folder, ConfigFile);
        using JsonDocument? map = Open(folder, "special_tokens_map.json");
        JsonElement settings = config?.RootElement ?? default;
        string[] names = ["bos_token", "eos_token", "unk_token", "pad_token"];
        AddedToken?[] special = TokenizerJsonReader.Section<AddedToken?[]>(ConfigFile, "special tokens", () =>
            [.. names.Select(name => SpecialToken(settings, name) ?? SpecialToken(map?.RootElement ?? default, name))]);
        parts = parts with
        {
            AddedTokens = TokenizerJsonReader.Section(ConfigFile, "added_tokens_decoder", () => WithMissing(parts, settings, special)),
            BeginToken = special[0]?.Content ?? parts.BeginToken,
            EndToken = special[1]?.Content ?? parts.EndToken,
            UnknownToken = special[2]?.Content ?? parts.UnknownToken,
            PaddingToken = special[3]?.Content ?? parts.PaddingToken,
            ChatTemplates = ChatTemplateFiles.Read(folder, settings),
        };
        return parts with
        {
            PostProcessor = TokenizerJsonReader.Section(ConfigFile, "add_bos_token", () => WithOwnTemplate(parts, settings)),
        };
    }

    /// <summary>Whether a folder has the file of a tokenizer.</summary>
    public static bool HasTokenizer(string folder) =>
        File.Exists(Path.Combine(folder, "tokenizer.json")) || File.Exists(Path.Combine(folder, "tokenizer.model"));

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

    private static TokenizerParts ReadTokenizer(string folder)
    {
        if (ReadFile(Path.Combine(folder, "tokenizer.json")) is byte[] json)
        {
            return TokenizerJsonReader.Read(json, "tokenizer.json");
        }

        return ReadFile(Path.Combine(folder, "tokenizer.model")) is byte[] model
            ? SentencePieceReader.Read(model, "tokenizer.model")
            : throw new TokenizerFormatException($"{folder} has neither tokenizer.json nor tokenizer.model; download one of them");
    }

    private static JsonDocument? Open(string folder, string name) =>
        ReadFile(Path.Combine(folder, name)) is byte[] content ? JsonReading.Parse(content, name) : null;

    // A string, or an object with content and flags.
    private static AddedToken? SpecialToken(JsonElement owner, string name) => owner.Optional(name) switch
    {
        { ValueKind: JsonValueKind.String } text => new AddedToken(text.Text()) { Special = true },
        { ValueKind: JsonValueKind.Object } token => TokenizerJsonReader.ReadAddedToken(token) with { Special = true },
        _ => null,
    };

    // What tokenizer.json lacks is added as transformers does: the config's added tokens by id, then the special ones.
    private static List<AddedToken> WithMissing(TokenizerParts parts, JsonElement settings, AddedToken?[] special)
    {
        List<AddedToken> tokens = [.. parts.AddedTokens];
        var known = new HashSet<string>(tokens.Select(token => token.Content), StringComparer.Ordinal);
        IEnumerable<AddedToken> configured = settings.Optional("added_tokens_decoder") is { ValueKind: JsonValueKind.Object } decoder
            ? decoder.EnumerateObject()
                .OrderBy(entry => int.TryParse(entry.Name, out int id) ? id : throw new FormatException($"'{entry.Name}' is no id"))
                .Select(entry => TokenizerJsonReader.ReadAddedToken(entry.Value))
            : [];
        tokens.AddRange(configured.Concat(special.OfType<AddedToken>()).Where(token => known.Add(token.Content)));
        return tokens;
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
