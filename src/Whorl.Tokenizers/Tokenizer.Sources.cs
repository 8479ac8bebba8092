using Whorl.Tokenizers.Gguf;
using Whorl.Tokenizers.HuggingFace;
using Whorl.Tokenizers.Json;
using Whorl.Tokenizers.SentencePiece;

namespace Whorl.Tokenizers;

/// <content>Where tokenizers come from.</content>
public sealed partial class Tokenizer
{
    /// <summary>
    /// Reads a Hugging Face folder: tokenizer.json, or else tokenizer.model, with tokenizer_config.json, special_tokens_map.json and the
    /// chat templates beside it.
    /// </summary>
    /// <exception cref="TokenizerFormatException">A file is missing, malformed, or of a kind that is not supported.</exception>
    public static Tokenizer FromFolder(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        return new Tokenizer(FolderReader.Read(folder));
    }

    /// <summary>Whether a folder has a tokenizer's files, so that <see cref="FromFolder"/> is worth a try.</summary>
    public static bool IsInFolder(string folder) => FolderReader.HasTokenizer(folder);

    /// <summary>Reads the content of a tokenizer.json (UTF-8).</summary>
    /// <param name="utf8Json">The whole file. Its truncation and padding are not applied, as transformers does not by default.</param>
    /// <exception cref="TokenizerFormatException">It is malformed, or has a component that is not supported.</exception>
    public static Tokenizer FromTokenizerJson(ReadOnlyMemory<byte> utf8Json) => new(TokenizerJsonReader.Read(utf8Json, "tokenizer.json"));

    /// <summary>Reads the content of a tokenizer.model (SentencePiece's protobuf); encodes as sentencepiece itself does.</summary>
    /// <param name="model">The whole file.</param>
    /// <exception cref="TokenizerFormatException">It is malformed, or of a kind that is not supported.</exception>
    public static Tokenizer FromSentencePieceModel(ReadOnlyMemory<byte> model) =>
        new(SentencePieceReader.Read(model, "tokenizer.model"));

    /// <summary>Reads the metadata of a GGUF file, the keys <c>tokenizer.*</c> and <c>general.architecture</c>.</summary>
    /// <param name="metadata">
    /// Values by key as they come: string, bool, any integer type, float, double, and arrays of these (string[], float[], int[], …).
    /// </param>
    /// <exception cref="TokenizerFormatException">A key is missing or malformed, or names a kind that is not supported.</exception>
    public static Tokenizer FromGguf(IReadOnlyDictionary<string, object> metadata)
    {
        ArgumentNullException.ThrowIfNull(metadata);
        return new Tokenizer(GgufTokenizerReader.Read(metadata));
    }
}
