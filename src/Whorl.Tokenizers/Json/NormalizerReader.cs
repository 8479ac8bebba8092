using System.Text.Json;
using Whorl.Tokenizers.Normalizers;

namespace Whorl.Tokenizers.Json;

/// <summary>Reads the normalizer of a tokenizer.json.</summary>
internal static class NormalizerReader
{
    /// <exception cref="FormatException">It is malformed or of a type that is not supported.</exception>
    public static Normalizer Read(JsonElement element) => element.RequiredString("type") switch
    {
        "Sequence" => new SequenceNormalizer([.. element.Items("normalizers").Select(Read)]),
        "NFC" => new UnicodeFormNormalizer(compatibility: false, compose: true),
        "NFD" => new UnicodeFormNormalizer(compatibility: false, compose: false),
        "NFKC" => new UnicodeFormNormalizer(compatibility: true, compose: true),
        "NFKD" => new UnicodeFormNormalizer(compatibility: true, compose: false),
        "Lowercase" => new LowercaseNormalizer(),
        "Strip" => new StripNormalizer(element.Flag("strip_left", true), element.Flag("strip_right", true)),
        "StripAccents" => StandardNormalizers.StripAccents(),
        "Replace" => new ReplaceNormalizer(PatternReader.Read(element), element.RequiredString("content")),
        "Prepend" => new PrependNormalizer(element.RequiredString("prepend")),
        "Nmt" => StandardNormalizers.Nmt(),
        "Precompiled" => ReadPrecompiled(element),
        "BertNormalizer" => StandardNormalizers.Bert(
            element.Flag("clean_text", true),
            element.Flag("handle_chinese_chars", true),
            element.Optional("strip_accents") is null ? null : element.Flag("strip_accents", false),
            element.Flag("lowercase", true)),
        "ByteLevel" => new ByteLevelNormalizer(),
        string type => throw new FormatException($"the type '{type}' is not supported"),
    };

    private static Normalizer ReadPrecompiled(JsonElement element)
    {
        string encoded = element.OptionalString("precompiled_charsmap") ?? "";
        if (encoded.Length == 0)
        {
            return new SequenceNormalizer([]); // an identity model has an empty map
        }

        return new PrecompiledNormalizer(new CharacterMap(Convert.FromBase64String(encoded)));
    }
}
