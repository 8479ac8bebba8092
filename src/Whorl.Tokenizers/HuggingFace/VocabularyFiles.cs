using System.Text;
using System.Text.Json;
using Whorl.Tokenizers.Bpe;
using Whorl.Tokenizers.Decoders;
using Whorl.Tokenizers.Gguf;
using Whorl.Tokenizers.Json;
using Whorl.Tokenizers.Normalizers;
using Whorl.Tokenizers.PreTokenizers;
using Whorl.Tokenizers.SentencePiece;
using Whorl.Tokenizers.WordPiece;

namespace Whorl.Tokenizers.HuggingFace;

/// <summary>
/// Makes a tokenizer of the files that older repositories have in place of tokenizer.json: vocab.json with merges.txt, vocab.txt, or
/// tokenizer.model. What they leave open the tokenizer's class says. Source: transformers, convert_slow_tokenizer.py.
/// </summary>
internal sealed class VocabularyFiles(string folder, JsonElement settings, JsonElement model)
{
    private const string Tokens = "vocab.json";
    private const string Merges = "merges.txt";
    private const string WordPieces = "vocab.txt";
    private const string SentencePieces = "tokenizer.model";

    /// <summary>Whether a folder has such files.</summary>
    public static bool AreIn(string folder) => Has(folder, SentencePieces) || Has(folder, WordPieces) || (Has(folder, Tokens) && Has(folder, Merges));

    /// <summary>The class of the tokenizer.</summary>
    /// <exception cref="TokenizerFormatException">There are no such files, or the class is not known or has other files.</exception>
    public TokenizerClass FindClass() =>
        Has(folder, SentencePieces) ? ClassOf("LlamaTokenizer", TokenizerKind.SentencePiece, TokenizerKind.SentencePieceWithEnd)
        : Has(folder, Tokens) && Has(folder, Merges) ? ClassOf(null, TokenizerKind.Gpt2, TokenizerKind.Qwen2, TokenizerKind.Roberta)
        : Has(folder, WordPieces) ? ClassOf("BertTokenizer", TokenizerKind.Bert)
        : throw new TokenizerFormatException(
            $"{folder} has no tokenizer.json, no {SentencePieces}, no {Tokens} with {Merges} and no {WordPieces}; download one of them");

    /// <summary>Reads the tokenizer, without added tokens but those of a SentencePiece model.</summary>
    /// <param name="known">What <see cref="FindClass"/> found.</param>
    /// <param name="special">The special tokens.</param>
    /// <exception cref="TokenizerFormatException">A file is malformed.</exception>
    public TokenizerParts Read(TokenizerClass known, SpecialTokens special) => known.Kind switch
    {
        TokenizerKind.SentencePiece or TokenizerKind.SentencePieceWithEnd =>
            WithSpaces(SentencePieceReader.Read(Content(SentencePieces), SentencePieces)),
        TokenizerKind.Bert => ReadWordPiece(special.Find("unk_token")?.Content ?? "[UNK]"),
        TokenizerKind kind => ReadByteLevel(kind),
    };

    private static bool Has(string folder, string file) => File.Exists(Path.Combine(folder, file));

    private byte[] Content(string file) => FolderReader.ReadFile(Path.Combine(folder, file))
        ?? throw new TokenizerFormatException($"{folder} has no {file} any more; download it");

    private TokenizerClass ClassOf(string? otherwise, params TokenizerKind[] kinds) =>
        TokenizerJsonReader.Section("tokenizer_config.json", "tokenizer_class", () =>
        {
            TokenizerClass known = TokenizerClass.Of(settings, model, otherwise);
            return kinds.Contains(known.Kind) ? known : throw new FormatException(
                $"a tokenizer of the kind {known.Kind} has other files than these; download the model's tokenizer.json");
        });

    // The newer behaviour of Llama's class puts a space before the text only, not before every part of it.
    private TokenizerParts WithSpaces(TokenizerParts parts)
    {
        if (parts.Normalizer is not SentencePieceNormalizer { AddDummyPrefix: true, WhitespaceAsSuffix: false } spaces
            || TokenizerJsonReader.Section("tokenizer_config.json", "legacy", () => settings.Flag("legacy", true)))
        {
            return parts;
        }

        PreTokenizer first = StandardPreTokenizers.Metaspace("\u2581", PrependScheme.First, split: false);
        return parts with
        {
            Normalizer = spaces.WithoutDummyPrefix(),
            PreTokenizer = parts.PreTokenizer is null ? first : new SequencePreTokenizer([first, parts.PreTokenizer]),
        };
    }

    private TokenizerParts ReadByteLevel(TokenizerKind kind)
    {
        using JsonDocument vocab = JsonReading.Parse(Content(Tokens), Tokens);
        Vocabulary vocabulary = TokenizerJsonReader.Section(Tokens, "the vocabulary", () => ModelReader.ReadTokens(vocab.RootElement));
        string[] lines = [.. Lines(Merges).Where((line, i) => line.Length > 0 && !(i == 0 && line.StartsWith("#version", StringComparison.Ordinal)))];
        MergeTable merges = TokenizerJsonReader.Section(Merges, "the merges", () =>
        {
            var table = new MergeTableBuilder(vocabulary, lines.Length, prefixLength: 0);
            Array.ForEach(lines, table.Add);
            return table.Table;
        });
        bool prefixSpace = TokenizerJsonReader.Section(
            "tokenizer_config.json", "add_prefix_space", () => settings.Flag("add_prefix_space", false));
        TokenizerParts parts = new(new BpeModel(vocabulary, merges, new BpeOptions())) { Decoder = new ByteLevelDecoder() };
        if (kind == TokenizerKind.Qwen2)
        {
            (Normalizer? normalizer, PreTokenizer preTokenizer, _) = GgufPreTokenizers.Find("qwen2");
            return parts with { Normalizer = normalizer, PreTokenizer = preTokenizer };
        }

        return parts with { PreTokenizer = StandardPreTokenizers.ByteLevel(prefixSpace, useRegex: true) };
    }

    private TokenizerParts ReadWordPiece(string unknown)
    {
        string[] lines = Lines(WordPieces);
        int count = lines.Length > 0 && lines[^1].Length == 0 ? lines.Length - 1 : lines.Length;
        Vocabulary vocabulary = TokenizerJsonReader.Section(WordPieces, "the vocabulary", () =>
        {
            var tokens = new Vocabulary(count);
            for (int id = 0; id < count; id++)
            {
                tokens.Add(lines[id], id);
            }

            return tokens;
        });
        return TokenizerJsonReader.Section("tokenizer_config.json", "the normalizer", () =>
            new TokenizerParts(new WordPieceModel(vocabulary, unknown, "##", maxCharacters: 100))
            {
                Normalizer = StandardNormalizers.Bert(
                    cleanText: true,
                    settings.Flag("tokenize_chinese_chars", true),
                    settings.Optional("strip_accents") is null ? null : settings.Flag("strip_accents", false),
                    settings.Flag("do_lower_case", true)),
                PreTokenizer = StandardPreTokenizers.Bert(),
                Decoder = StandardDecoders.WordPiece("##", cleanup: true),
            });
    }

    private string[] Lines(string file) =>
        Encoding.UTF8.GetString(Content(file)).TrimStart('\uFEFF').Split('\n').Select(line => line.TrimEnd('\r')).ToArray();
}
