using System.Text.Json;

namespace Whorl.Tokenizers.Json;

/// <summary>Reads tokenizer.json, the file of Hugging Face's tokenizers.</summary>
internal static class TokenizerJsonReader
{
    /// <summary>Reads the whole of it.</summary>
    /// <param name="utf8">The content.</param>
    /// <param name="file">Its name, for errors.</param>
    /// <exception cref="TokenizerFormatException">It is malformed, or has a component that is not supported.</exception>
    public static TokenizerParts Read(ReadOnlyMemory<byte> utf8, string file)
    {
        using JsonDocument document = JsonReading.Parse(utf8, file);
        JsonElement root = document.RootElement;
        var parts = new TokenizerParts(Section(file, "model", () => ModelReader.Read(root.Required("model"))));
        return parts with
        {
            AddedTokens = Section(file, "added_tokens", () => ReadAddedTokens(root)),
            Normalizer = Section(file, "normalizer", () => root.Optional("normalizer") is { } n ? NormalizerReader.Read(n) : null),
            PreTokenizer = Section(
                file, "pre_tokenizer", () => root.Optional("pre_tokenizer") is { } p ? PreTokenizerReader.Read(p) : null),
            PostProcessor = Section(
                file, "post_processor", () => root.Optional("post_processor") is { } p ? PostProcessorReader.Read(p) : null),
            Decoder = Section(file, "decoder", () => root.Optional("decoder") is { } d ? DecoderReader.Read(d) : null),
        };
    }

    /// <summary>Reads a part, and says of an error in which part of which file it is.</summary>
    public static T Section<T>(string file, string section, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is FormatException or InvalidOperationException)
        {
            // The JSON classes say InvalidOperationException of broken UTF-8 and of values of another kind.
            throw new TokenizerFormatException($"{file}, {section}: {e.Message}", e);
        }
    }

    /// <summary>The flags of an added token, which tokenizer.json and tokenizer_config.json write alike.</summary>
    public static AddedToken ReadAddedToken(JsonElement token) => new(token.RequiredString("content"))
    {
        Special = token.Flag("special", false),
        Normalized = token.Flag("normalized", !token.Flag("special", false)),
        SingleWord = token.Flag("single_word", false),
        StripLeft = token.Flag("lstrip", false),
        StripRight = token.Flag("rstrip", false),
    };

    private static List<AddedToken> ReadAddedTokens(JsonElement root) =>
        root.Optional("added_tokens") is null ? [] : [.. root.Items("added_tokens").Select(ReadAddedToken)];
}
