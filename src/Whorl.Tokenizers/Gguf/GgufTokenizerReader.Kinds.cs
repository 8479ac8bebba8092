using System.Globalization;
using System.Text;
using Whorl.Tokenizers.Bpe;
using Whorl.Tokenizers.Decoders;
using Whorl.Tokenizers.Json;
using Whorl.Tokenizers.Normalizers;
using Whorl.Tokenizers.Patterns;
using Whorl.Tokenizers.PostProcessors;
using Whorl.Tokenizers.PreTokenizers;
using Whorl.Tokenizers.SentencePiece;
using Whorl.Tokenizers.Text;
using Whorl.Tokenizers.Unigram;
using Whorl.Tokenizers.WordPiece;

namespace Whorl.Tokenizers.Gguf;

/// <content>The kinds of tokenizer.ggml.model.</content>
internal static partial class GgufTokenizerReader
{
    private static TokenizerParts ReadByteLevel(GgufMetadata metadata, GgufVocabulary source)
    {
        string? given = metadata.OptionalString(Prefix + "pre");
        string name = metadata.String(Prefix + "model") == "gemma4" ? "gemma4"
            : given is null or "default" ? PreTokenizerOf(Architecture(metadata), given) : given;
        (Normalizer? normalizer, PreTokenizer preTokenizer, bool ignoreMerges) = GgufPreTokenizers.Find(name);
        Vocabulary vocabulary = source.ToVocabulary();
        IReadOnlyList<string> merges = metadata.Strings(Prefix + "merges");
        var table = new MergeTableBuilder(vocabulary, merges.Count, prefixLength: 0);
        foreach (string merge in merges)
        {
            table.Add(merge);
        }

        bool characters = GgufPreTokenizers.IsCharacterLevel(name);
        var options = new BpeOptions { IgnoreMerges = ignoreMerges, ByteFallback = characters };
        return WithTokens(source, new TokenizerParts(new BpeModel(vocabulary, table.Table, options))
        {
            AddedTokens = [.. source.AddedTokens()],
            Normalizer = characters ? new ReplaceNormalizer(Pattern.Literal(" "), "\u2581") : normalizer,
            PreTokenizer = characters ? new SequencePreTokenizer([preTokenizer, new NewlineTokens(vocabulary)]) : preTokenizer,
            PostProcessor = ReadTemplate(metadata, source, GgufPreTokenizers.AddsBegin(name), addEnd: false),
            Decoder = characters
                ? new SequenceDecoder([StandardDecoders.Replace("\u2581", " "), new ByteFallbackDecoder(), new FuseDecoder()])
                : new ByteLevelDecoder(),
        });
    }

    // Files made before the key 'pre' existed: what the models of the architecture were trained with. Where that does not tell, "default"
    // is what llama.cpp makes of it.
    private static string PreTokenizerOf(string architecture, string? given) => architecture switch
    {
        "gptneox" => "gpt-neox",
        "mpt" => "mpt",
        "falcon" => "falcon",
        "starcoder" or "starcoder2" or "refact" => "starcoder",
        "qwen" or "qwen2" or "qwen2moe" => "qwen2",
        "bloom" => "bloom",
        "gpt2" or "phi2" => "gpt-2",
        "command-r" => "command-r",
        _ when given is not null => given,
        _ => throw new FormatException(
            $"'{Prefix}pre' says nothing, and the architecture '{architecture}' does not tell the pre-tokenizer; "
            + "use the model's tokenizer.json instead"),
    };

    private static TokenizerParts ReadSentencePieceBpe(GgufMetadata metadata, GgufVocabulary source)
    {
        Vocabulary vocabulary = source.ToVocabulary();
        int unknown = source.IdOf("unknown") ?? Array.IndexOf(source.Types, PieceType.Unknown);
        MergeTable merges = ScoredMerges.Build(
            vocabulary, source.Scores, id => source.Types[id] is PieceType.Normal or PieceType.UserDefined or PieceType.Unused);
        var options = new BpeOptions
        {
            UnknownToken = unknown < 0 ? null : source.Tokens[unknown],
            FuseUnknown = true,
            ByteFallback = true,
        };
        bool prefix = metadata.OptionalFlag(Prefix + "add_space_prefix") ?? true;
        Normalizer spaces = new ReplaceNormalizer(Pattern.Literal(" "), "\u2581");
        List<TokenDecoder> decoders = [StandardDecoders.Replace("\u2581", " "), new ByteFallbackDecoder(), new FuseDecoder()];
        if (prefix)
        {
            decoders.Add(new StripDecoder(' ', 1, 0));
        }

        return WithTokens(source, new TokenizerParts(new BpeModel(vocabulary, merges, options))
        {
            AddedTokens = [.. source.AddedTokens().Select(token => Adjusted(metadata, token, prefix))],
            Normalizer = prefix ? new SequenceNormalizer([new PrependNormalizer("\u2581"), spaces]) : spaces,
            PostProcessor = ReadTemplate(metadata, source, addBegin: true, addEnd: false),
            Decoder = new SequenceDecoder(decoders),
        });
    }

    // Where a space is put in front, tokens are looked for before that, in the raw text. Those of Phi-3 swallow the white space behind.
    private static AddedToken Adjusted(GgufMetadata metadata, AddedToken token, bool prefix)
    {
        bool phi3 = Architecture(metadata) == "phi3" && token.Content is not ("<unk>" or "<s>" or "<|endoftext|>");
        return token with { StripRight = phi3, Normalized = token.Normalized && !prefix };
    }

    private static TokenizerParts ReadBert(GgufMetadata metadata, GgufVocabulary source)
    {
        // Converters write a word's beginning with U+2581 and leave the ## of its continuations out; what is in brackets stays.
        Vocabulary vocabulary = source.ToVocabulary(id => WithContinuationMark(source.Tokens[id]));
        int begin = source.IdOf("cls") ?? source.IdOf("bos") ?? throw new FormatException($"'{Prefix}cls_token_id' is missing");
        int separator = source.IdOf("seperator") ?? source.IdOf("separator") ?? source.IdOf("eos")
            ?? throw new FormatException($"'{Prefix}seperator_token_id' is missing");
        string unknown = source.TokenOf("unknown") ?? "[UNK]";
        bool lower = metadata.OptionalFlag("tokenizer.ggml.normalizer.lowercase") ?? true;
        return WithTokens(source, new TokenizerParts(new WordPieceModel(vocabulary, unknown, "##", 100))
        {
            AddedTokens = [.. source.AddedTokens()],
            Normalizer = StandardNormalizers.Bert(
                cleanText: true, handleChinese: true, metadata.OptionalFlag("tokenizer.ggml.normalizer.strip_accents"), lower),
            PreTokenizer = StandardPreTokenizers.Bert(),
            PostProcessor = StandardTemplates.Bert(begin, separator),
            Decoder = StandardDecoders.WordPiece("##", cleanup: true),
        });
    }

    private static string WithContinuationMark(string token) =>
        token.StartsWith('[') && token.EndsWith(']') ? token : token.StartsWith('\u2581') ? token[1..] : "##" + token;

    private static TokenizerParts ReadUnigram(GgufMetadata metadata, GgufVocabulary source)
    {
        byte[] map = metadata.OptionalBytes(Prefix + "precompiled_charsmap") ?? [];
        int unknown = source.IdOf("unknown") ?? Array.IndexOf(source.Types, PieceType.Unknown);
        var hidden = Enumerable.Range(0, source.Tokens.Count)
            .Where(id => source.Types[id] is not (PieceType.Normal or PieceType.UserDefined)).ToHashSet();
        HashSet<int> userDefined =
            Enumerable.Range(0, source.Tokens.Count).Where(id => source.Types[id] == PieceType.UserDefined).ToHashSet();
        var options = new UnigramOptions
        {
            SinglePrecision = true,
            ByteFallback = Array.IndexOf(source.Types, PieceType.Byte) >= 0,
            Hidden = hidden,
            UserDefined = userDefined,
        };
        return WithTokens(source, new TokenizerParts(
            new UnigramModel(source.ToVocabulary(), [.. source.Scores.Select(score => (double)score)], unknown, options))
        {
            AddedTokens = [.. source.AddedTokens().Where(token => token.Special)],
            Normalizer = new SentencePieceNormalizer(
                map.Length == 0 ? null : new CharacterMap(map), userDefined.Select(id => source.Tokens[id]))
            {
                AddDummyPrefix = metadata.OptionalFlag(Prefix + "add_space_prefix") ?? true,
                RemoveExtraWhitespaces = metadata.OptionalFlag(Prefix + "remove_extra_whitespaces") ?? false,
                EscapeWhitespaces = true,
            },
            PostProcessor = ReadTemplate(metadata, source, addBegin: false, addEnd: true),
            Decoder = StandardDecoders.Metaspace("\u2581", PrependScheme.Always),
        });
    }

    private static TokenizerParts ReadRwkv(GgufMetadata metadata, GgufVocabulary source)
    {
        Vocabulary vocabulary = source.ToVocabulary(id => source.Types[id] == PieceType.Control ? source.Tokens[id] : Unescaped(source.Tokens[id]));
        return WithTokens(source, new TokenizerParts(new LongestMatchModel(vocabulary, unknownId: source.IdOf("unknown") ?? 0))
        {
            AddedTokens = [.. source.AddedTokens()],
            PreTokenizer = StandardPreTokenizers.ByteLevel(addPrefixSpace: false, useRegex: false),
            PostProcessor = ReadTemplate(metadata, source, addBegin: false, addEnd: false),
            Decoder = new ByteLevelDecoder(),
        });
    }

    // Tokens are bytes written as Python writes them: \t, \n, \r, \x and two digits, a backslash before any other character.
    private static string Unescaped(string token)
    {
        var bytes = new List<byte>();
        for (int i = 0; i < token.Length; i++)
        {
            if (token[i] != '\\' || i + 1 == token.Length)
            {
                int length = char.IsHighSurrogate(token[i]) && i + 1 < token.Length ? 2 : 1;
                bytes.AddRange(Encoding.UTF8.GetBytes(token.Substring(i, length)));
                i += length - 1;
                continue;
            }

            char escaped = token[++i];
            if (escaped == 'x' && i + 2 < token.Length
                && byte.TryParse(token.AsSpan(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out byte value))
            {
                bytes.Add(value);
                i += 2;
            }
            else
            {
                bytes.AddRange(Encoding.UTF8.GetBytes(escaped switch { 't' => "\t", 'n' => "\n", 'r' => "\r", _ => escaped.ToString() }));
            }
        }

        return string.Concat(bytes.Select(ByteAlphabet.OfByte));
    }

    private static TemplatePostProcessor? ReadTemplate(GgufMetadata metadata, GgufVocabulary source, bool addBegin, bool addEnd)
    {
        int? begin = metadata.OptionalFlag(Prefix + "add_bos_token") ?? addBegin ? source.IdOf("bos") : null;
        int? end = metadata.OptionalFlag(Prefix + "add_eos_token") ?? addEnd ? source.IdOf("eos") : null;
        return begin is null && end is null ? null : StandardTemplates.Around(begin, end);
    }

    private static TokenizerParts WithTokens(GgufVocabulary source, TokenizerParts parts) => parts with
    {
        BeginToken = source.TokenOf("bos") ?? source.TokenOf("cls"),
        EndToken = source.TokenOf("eos"),
        UnknownToken = source.TokenOf("unknown"),
        PaddingToken = source.TokenOf("padding"),
        EndTokenIds = [.. EndKeys.Select(source.IdOf).OfType<int>()],
        SpecialTokens = SpecialKeys.Select(key => (Name: $"{key.Name}_token", Token: source.TokenOf(key.Key)))
            .Where(special => special.Token is not null)
            .DistinctBy(special => special.Name)
            .ToDictionary(special => special.Name, special => JsonTexts.Of(special.Token!)),
    };
}
