using Whorl.Tokenizers.Json;

namespace Whorl.Tokenizers.Gguf;

/// <summary>Makes a tokenizer of the metadata of a GGUF file.</summary>
/// <remarks>Keys: ggml's docs/gguf.md. What the keys leave out is taken from the models as published; see each kind.</remarks>
internal static partial class GgufTokenizerReader
{
    private const string Prefix = "tokenizer.ggml.";
    private const string TemplateKey = "tokenizer.chat_template";

    /// <summary>What ends a turn, a message, or what is filled in.</summary>
    private static readonly string[] EndKeys = ["eos", "eot", "eom", "fim_pad", "fim_rep", "fim_sep"];

    /// <summary>What Hugging Face's files call the format's special tokens; its own spelling of the separator is the first.</summary>
    private static readonly (string Name, string Key)[] SpecialKeys =
    [
        ("bos", "bos"), ("eos", "eos"), ("unk", "unknown"), ("sep", "seperator"), ("sep", "separator"), ("pad", "padding"),
        ("cls", "cls"), ("mask", "mask"), ("eot", "eot"), ("eom", "eom"),
    ];

    /// <summary>Reads it.</summary>
    /// <exception cref="TokenizerFormatException">A key is missing or malformed, or names a kind that is not supported.</exception>
    public static TokenizerParts Read(IReadOnlyDictionary<string, object> metadata) =>
        TokenizerJsonReader.Section("GGUF metadata", "tokenizer", () => Read(new GgufMetadata(metadata)));

    private static TokenizerParts Read(GgufMetadata metadata)
    {
        GgufVocabulary vocabulary = GgufVocabulary.Read(metadata);
        TokenizerParts parts = metadata.String(Prefix + "model") switch
        {
            "gpt2" or "gemma4" => ReadByteLevel(metadata, vocabulary),
            "llama" => ReadSentencePieceBpe(metadata, vocabulary),
            "bert" => ReadBert(metadata, vocabulary),
            "t5" => ReadUnigram(metadata, vocabulary),
            "rwkv" => ReadRwkv(metadata, vocabulary),
            string model => throw new FormatException(
                $"the tokenizer model '{model}' is not supported (gpt2, gemma4, llama, bert, t5 and rwkv are); use the model's tokenizer.json instead"),
        };
        return parts with { ChatTemplates = ReadTemplates(metadata) };
    }

    private static Dictionary<string, string> ReadTemplates(GgufMetadata metadata)
    {
        var templates = new Dictionary<string, string>();
        foreach (string key in metadata.Keys)
        {
            if (key == TemplateKey)
            {
                templates["default"] = metadata.String(key);
            }
            else if (key.StartsWith(TemplateKey + ".", StringComparison.Ordinal))
            {
                templates[key[(TemplateKey.Length + 1)..]] = metadata.String(key);
            }
        }

        return templates;
    }

    /// <summary>The name by which a model's peculiarities are found.</summary>
    private static string Architecture(GgufMetadata metadata) => metadata.OptionalString("general.architecture") ?? "";
}
