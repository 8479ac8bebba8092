using Whorl.Tokenizers.Normalizers;
using Whorl.Tokenizers.Patterns;
using Whorl.Tokenizers.PreTokenizers;

namespace Whorl.Tokenizers.Gguf;

/// <summary>
/// What the values of <c>tokenizer.ggml.pre</c> stand for. GGUF files carry the name only; the pre-tokenizers are those of the
/// published tokenizer.json files (llama.cpp's src/llama-vocab.cpp names them and approximates some).
/// </summary>
internal static class GgufPreTokenizers
{
    private const string Llama3 =
        @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    private const string Qwen2 =
        @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    private const string Qwen35 =
        @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    private const string Tekken =
        @"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+"
        + @"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*"
        + @"|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    private const string Gpt4o =
        @"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
        + @"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
        + @"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    private const string DeepSeek3 =
        @"[!""#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+"
        + @"|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    private const string KimiK2 =
        @"[\p{Han}]+"
        + @"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]*"
        + @"[\p{Ll}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
        + @"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]+"
        + @"[\p{Ll}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
        + @"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    private const string ExaoneMoe =
        @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?(?:\p{L}\p{M}*(?: \p{L}\p{M}*)*)+"
        + @"|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]?|\s*[\r\n]|\s+(?!\S)|\s+";

    private const string BailingMoe =
        @"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+";

    private const string Jais2 =
        @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+"
        + @"|\s{512}(?!\S)|\s{256}(?!\S)|\s{128}(?!\S)|\s{64}(?!\S)|\s{32}(?!\S)|\s{16}(?!\S)|\s{8}(?!\S)|\s{4}(?!\S)"
        + @"|\s{1,2}(?!\S)|\s{1}";

    private const string MiniCpm5 =
        @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}+| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    private const string Ufakzeka =
        @"[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    private const string Youtu =
        @"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
        + @"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
        + @"|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    private const string YoutuScripts = "[가-힣ㄱ-ㆎ]+|[！…“”‘’—：；，、-〿︰-﹏]+|[ㄅ-ㄯ]+|[一-龥぀-ゟ゠-ヿ]+";

    private const string Spark =
        @"[!""#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+"
        + @"|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+|[\r\n]|\s+(?!\S)|\s+";

    private const string AfmoeScripts = "[一-鿿㐀-䶿豈-﫿぀-ゟ゠-ヿ･-ﾟ⼀-⿟เ-๿຀-໿ក-៿က-႟ꩠ-ꩿꧠ-꧿가-힯ᄀ-ᇿ]+";

    private const string Lines = @"[^\n]+|[\n]+";

    private const string SeedCoder =
        @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1}| ?[^\s\p{L}\p{N}\r\n]+|\s*[\r\n]+|\s+(?!\S)|\s+";

    // The published files of these normalize; GGUF does not say so.
    private static readonly string[] WithNfc =
    [
        "mpt", "gpt-neox", "olmo", "dbrx", "stablelm2", "qwen2", "qwen35", "deepseek-r1-qwen", "megrez", "hunyuan", "bailingmoe",
        "llada-moe", "command-r",
    ];

    private static readonly string[] LlamaLike =
        ["llama3", "llama-v3", "llama-bpe", "falcon3", "falcon-h1", "pixtral", "midm-2.0", "lfm2", "jina-v5-nano"];

    private static readonly string[] Gpt2Like =
    [
        "gpt-2", "phi-2", "jina-es", "jina-de", "gigachat", "jina-v2-es", "jina-v2-de", "a.x-4.0", "mellum", "modern-bert", "jina-v1-en",
        "jina-v2-code", "roberta-bpe", "mpt", "gpt-neox", "olmo", "jais", "trillion", "granite-docling", "exaone4",
    ];

    private static readonly string[] Qwen2Like =
        ["qwen2", "deepseek-r1-qwen", "kormo", "f2llmv2", "stablelm2", "megrez", "hunyuan", "solar-open", "grok-2"];

    private const string Cjk = "[一-龥぀-ゟ゠-ヿ]+";

    private const string TinyAyaDigits = @"\d{1,3}(?=(?:\d{3})*\b)";

    private const string Bloom = @" ?[^(\s|[.,!?…。，、।۔،])]+";

    // The letters with case, as the published file of DeepSeek LLM spells them out; escaped, for some change under normalization.
    private const string DeepSeekLetters =
        @"\s?[A-Za-z\x{B5}\x{C0}-\x{D6}\x{D8}-\x{F6}\x{F8}-\x{1BA}\x{1BC}-\x{1BF}\x{1C4}-\x{293}\x{295}-\x{2AF}\x{370}-\x{373}"
        + @"\x{376}\x{377}\x{37B}-\x{37D}\x{37F}\x{386}\x{388}-\x{38A}\x{38C}\x{38E}-\x{3A1}\x{3A3}-\x{3F5}\x{3F7}-\x{481}"
        + @"\x{48A}-\x{52F}\x{531}-\x{556}\x{10A0}-\x{10C5}\x{13A0}-\x{13F5}\x{13F8}-\x{13FD}\x{1C90}-\x{1CBA}\x{1CBD}-\x{1CBF}"
        + @"\x{1D00}-\x{1D2B}\x{1D6B}-\x{1D77}\x{1D79}-\x{1D9A}\x{1E00}-\x{1F15}\x{1F18}-\x{1F1D}\x{1F20}-\x{1F45}"
        + @"\x{1F48}-\x{1F4D}\x{1F50}-\x{1F57}\x{1F59}\x{1F5B}\x{1F5D}\x{1F5F}-\x{1F7D}\x{1F80}-\x{1FB4}\x{1FB6}-\x{1FBC}"
        + @"\x{1FBE}\x{1FC2}-\x{1FC4}\x{1FC6}-\x{1FCC}\x{1FD0}-\x{1FD3}\x{1FD6}-\x{1FDB}\x{1FE0}-\x{1FEC}\x{1FF2}-\x{1FF4}"
        + @"\x{1FF6}-\x{1FFC}\x{2102}\x{2107}\x{210A}-\x{2113}\x{2115}\x{2119}-\x{211D}\x{2124}\x{2126}\x{2128}"
        + @"\x{212A}-\x{212D}\x{212F}-\x{2134}\x{2139}\x{213C}-\x{213F}\x{2145}-\x{2149}\x{214E}\x{2183}\x{2184}"
        + @"\x{2C00}-\x{2C7B}\x{2C7E}-\x{2CE4}\x{2CEB}-\x{2CEE}\x{2CF2}\x{2CF3}\x{A640}-\x{A66D}\x{A680}-\x{A69B}"
        + @"\x{A722}-\x{A76F}\x{A771}-\x{A787}\x{A78B}-\x{A78E}\x{AB70}-\x{ABBF}\x{FB00}-\x{FB06}\x{FB13}-\x{FB17}"
        + @"\x{FF21}-\x{FF3A}\x{FF41}-\x{FF5A}\x{10400}-\x{1044F}\x{104B0}-\x{104D3}\x{104D8}-\x{104FB}\x{10C80}-\x{10CB2}"
        + @"\x{10CC0}-\x{10CF2}\x{118A0}-\x{118DF}\x{1E900}-\x{1E943}]+";

    /// <summary>Whether the text stays characters, with U+2581 for a space, as SentencePiece has it; else it becomes bytes.</summary>
    public static bool IsCharacterLevel(string name) => name is "gemma4" or "granite-embed-multi-311m" or "sarvam-moe";

    /// <summary>Whether a begin token stands in front where the file does not say it.</summary>
    public static bool AddsBegin(string name) =>
        LlamaLike.Contains(name) || name is "tekken" or "chameleon" or "gemma4" or "granite-embed-multi-311m";

    /// <summary>
    /// The normalizer and pre-tokenizer of a name, and whether pieces that are tokens are never merged from smaller ones.
    /// </summary>
    /// <exception cref="FormatException">The name is not known.</exception>
    public static (Normalizer? Normalizer, PreTokenizer PreTokenizer, bool IgnoreMerges) Find(string name)
    {
        Normalizer? nfc = WithNfc.Contains(name) ? new UnicodeFormNormalizer(compatibility: false, compose: true) : null;
        bool ignoreMerges = LlamaLike.Contains(name) || name is "tekken" or "youtu" or "minicpm5" or "granite-embed-multi-97m";
        return (nfc, new SequencePreTokenizer(Parts(name)), ignoreMerges);
    }

    private static PreTokenizer[] Parts(string name)
    {
        switch (name)
        {
            case string when Gpt2Like.Contains(name):
                return [Gpt2()];
            case "smollm" or "starcoder" or "refact" or "command-r" or "codeshell" or "exaone" or "minerva-7b" or "mellum2":
                return [StandardPreTokenizers.Digits(individual: true), Gpt2()];
            case "dbrx" or "smaug-bpe" or "chatglm-bpe" or "glm4":
            case string when LlamaLike.Contains(name):
                return Splits(Llama3);
            case string when Qwen2Like.Contains(name):
                return Splits(Qwen2);
            case "qwen35":
                return Splits(Qwen35);
            case "tekken":
                return Splits(Tekken);
            case "gpt-4o" or "llama4" or "kanana2" or "minimax-m2" or "talkie" or "granite-embed-multi-97m":
                return Splits(Gpt4o);
            case "kimi-k2":
                return Splits(KimiK2);
            case "exaone-moe":
                return Splits(ExaoneMoe);
            case "bailingmoe" or "bailingmoe2" or "llada-moe":
                return Splits(BailingMoe);
            case "seed-coder":
                return Splits(SeedCoder);
            case "tiny_aya" or "cohere2moe":
                return Splits(TinyAyaDigits, Gpt4o);
            case "deepseek-llm":
                return
                [
                    Split("[\r\n]"), Split(DeepSeekLetters), Split(@"\s?[!-/:-~！-／：-～‘-‟　-。]+"), Split(@"\s+\z"),
                    Split("[一-龥ࠀ-一가-퟿]+"), StandardPreTokenizers.Digits(individual: false), Bytes(),
                ];
            case "deepseek-coder":
                return
                [
                    Split("[\r\n]"), Split(@"\s?\p{L}+"), Split(@"\s?\p{P}+"), Split("[一-龥ࠀ-一가-퟿]+"),
                    StandardPreTokenizers.Digits(individual: true), Bytes(),
                ];
            case "deepseek-v3" or "hunyuan-dense" or "joyai-llm" or "hy_v4":
                return Splits(@"\p{N}{1,3}", Cjk, DeepSeek3);
            case "spark2_5":
                return Splits(@"\p{N}{1,3}", Cjk, Spark, @"\p{N}");
            case "youtu":
                return Splits(YoutuScripts, Youtu);
            case "jais-2":
                return Splits(Jais2);
            case "minicpm5":
                return Splits(@"\p{N}{1,3}", MiniCpm5);
            case "ufakzeka":
                return Splits(Ufakzeka);
            case "laguna":
                return Splits(Lines, Qwen2);
            case "afmoe":
                return [ThousandsSplit.All, .. Splits(AfmoeScripts, DeepSeek3)];
            case "superbpe":
                return Splits(@"\p{N}+", @"(?=(\d{3})+(?!\d))");
            case "gemma4" or "granite-embed-multi-311m" or "sarvam-moe":
                return [Split(Lines)];
            case "chameleon":
                return
                [
                    Split("<sentinel:[0-9]+>"), Split("(IMGIMG)((A|B|C|D|E|F|G|H|I){1,4})Z"), Split("([\t\n]|    |  )"),
                    StandardPreTokenizers.Digits(individual: true), StandardPreTokenizers.Punctuation(SplitBehavior.Isolated), Gpt2(),
                ];
            case "default":
                return
                [
                    Split(@"[\p{P}\$\+<=>\^~\|]+"), Gpt2(), StandardPreTokenizers.Digits(individual: false), Split("[0-9][0-9][0-9]"),
                ];
            case "falcon":
                return
                [
                    StandardPreTokenizers.Punctuation(SplitBehavior.Contiguous), Gpt2(), StandardPreTokenizers.Digits(individual: false),
                    Split("[0-9][0-9][0-9]"),
                ];
            case "bloom" or "gpt3-finnish" or "poro-chat":
                return Splits(Bloom);
            case "viking":
                return [Split(Bloom), StandardPreTokenizers.Digits(individual: true), Bytes()];
            default:
                throw new FormatException(
                    $"the pre-tokenizer '{name}' (tokenizer.ggml.pre) is not known; use the model's tokenizer.json instead");
        }
    }

    private static PreTokenizer Gpt2() => StandardPreTokenizers.ByteLevel(addPrefixSpace: false, useRegex: true);

    private static PreTokenizer Bytes() => StandardPreTokenizers.ByteLevel(addPrefixSpace: false, useRegex: false);

    private static PreTokenizer Split(string pattern) =>
        (PreTokenizer?)ThousandsSplit.Find(pattern) ?? StandardPreTokenizers.Split(Pattern.Parse(pattern), SplitBehavior.Isolated, invert: false);

    private static PreTokenizer[] Splits(params string[] patterns) => [.. patterns.Select(Split), Bytes()];
}
