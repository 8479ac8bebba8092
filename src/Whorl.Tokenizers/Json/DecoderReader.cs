using System.Text.Json;
using Whorl.Tokenizers.Decoders;

namespace Whorl.Tokenizers.Json;

/// <summary>Reads the decoder of a tokenizer.json.</summary>
internal static class DecoderReader
{
    /// <exception cref="FormatException">It is malformed or of a type that is not supported.</exception>
    public static TokenDecoder Read(JsonElement element) => element.RequiredString("type") switch
    {
        "Sequence" => new SequenceDecoder([.. element.Items("decoders").Select(Read)]),
        "ByteLevel" => new ByteLevelDecoder(),
        "Metaspace" => StandardDecoders.Metaspace(element.OptionalString("replacement") ?? "\u2581", PreTokenizerReader.Scheme(element)),
        "ByteFallback" => new ByteFallbackDecoder(),
        "Fuse" => new FuseDecoder(),
        "Strip" => new StripDecoder(SingleUnit(element.RequiredString("content")), element.Integer("start"), element.Integer("stop")),
        "Replace" => PatternReader.LiteralOrNull(element) is string text
            ? StandardDecoders.Replace(text, element.RequiredString("content"))
            : StandardDecoders.Replace(PatternReader.Read(element), element.RequiredString("content")),
        "WordPiece" => StandardDecoders.WordPiece(element.OptionalString("prefix") ?? "##", element.Flag("cleanup", true)),
        "BPEDecoder" => new SuffixDecoder(element.OptionalString("suffix") ?? "</w>"),
        "CTC" => new CtcDecoder(
            element.OptionalString("pad_token") ?? "<pad>",
            element.OptionalString("word_delimiter_token") ?? "|",
            element.Flag("cleanup", true)),
        string type => throw new FormatException($"the type '{type}' is not supported"),
    };

    private static char SingleUnit(string text) =>
        text.Length == 1 ? text[0] : throw new FormatException($"Strip's content '{text}' is not one character of the basic plane");
}
