using System.Text.Json;
using Whorl.Tokenizers.Json;

namespace Whorl.Tokenizers.HuggingFace;

/// <summary>What transformers knows of a tokenizer by the name of its class, where there is no tokenizer.json that says it.</summary>
/// <param name="Kind">How the class cuts text.</param>
/// <param name="SpecialTokens">The class's own special tokens, by the key under which a configuration may name others.</param>
internal sealed record TokenizerClass(TokenizerKind Kind, IReadOnlyDictionary<string, AddedToken> SpecialTokens)
{
    private static readonly TokenizerClass Gpt2 =
        new(TokenizerKind.Gpt2, Tokens(("bos_token", "<|endoftext|>"), ("eos_token", "<|endoftext|>"), ("unk_token", "<|endoftext|>")));

    private static readonly TokenizerClass Qwen2 =
        new(TokenizerKind.Qwen2, Tokens(("eos_token", "<|endoftext|>"), ("unk_token", "<|endoftext|>"), ("pad_token", "<|endoftext|>")));

    private static readonly TokenizerClass Roberta = new(
        TokenizerKind.Roberta,
        Tokens(
            ("bos_token", "<s>"), ("eos_token", "</s>"), ("unk_token", "<unk>"), ("sep_token", "</s>"), ("pad_token", "<pad>"),
            ("cls_token", "<s>"), ("mask_token", "<mask>")));

    private static readonly TokenizerClass Bert = new(
        TokenizerKind.Bert,
        Tokens(
            ("unk_token", "[UNK]"), ("sep_token", "[SEP]"), ("pad_token", "[PAD]"), ("cls_token", "[CLS]"), ("mask_token", "[MASK]")));

    private static readonly TokenizerClass SentencePiece = new(TokenizerKind.SentencePiece, Tokens());

    private static readonly TokenizerClass T5 = new(
        TokenizerKind.SentencePieceWithEnd, Tokens(("eos_token", "</s>"), ("unk_token", "<unk>"), ("pad_token", "<pad>")));

    // By name without "Fast".
    private static readonly Dictionary<string, TokenizerClass> ByName = new(StringComparer.Ordinal)
    {
        ["GPT2Tokenizer"] = Gpt2,
        ["CodeGenTokenizer"] = Gpt2,
        ["Qwen2Tokenizer"] = Qwen2,
        ["RobertaTokenizer"] = Roberta,
        ["BartTokenizer"] = Roberta,
        ["LongformerTokenizer"] = Roberta,
        ["LEDTokenizer"] = Roberta,
        ["BertTokenizer"] = Bert,
        ["DistilBertTokenizer"] = Bert,
        ["ElectraTokenizer"] = Bert,
        ["MobileBertTokenizer"] = Bert,
        ["ConvBertTokenizer"] = Bert,
        ["LlamaTokenizer"] = SentencePiece,
        ["CodeLlamaTokenizer"] = SentencePiece,
        ["GemmaTokenizer"] = SentencePiece,
        ["BaichuanTokenizer"] = SentencePiece,
        ["InternLMTokenizer"] = SentencePiece,
        ["InternLM2Tokenizer"] = SentencePiece,
        ["OrionTokenizer"] = SentencePiece,
        ["YiTokenizer"] = SentencePiece,
        ["T5Tokenizer"] = T5,
    };

    // Which class a model's configuration means that names none.
    private static readonly Dictionary<string, string> ByModelType = new(StringComparer.Ordinal)
    {
        ["gpt2"] = "GPT2Tokenizer",
        ["gpt_neo"] = "GPT2Tokenizer",
        ["gptj"] = "GPT2Tokenizer",
        ["gpt_bigcode"] = "GPT2Tokenizer",
        ["starcoder2"] = "GPT2Tokenizer",
        ["opt"] = "GPT2Tokenizer",
        ["codegen"] = "CodeGenTokenizer",
        ["phi"] = "CodeGenTokenizer",
        ["qwen2"] = "Qwen2Tokenizer",
        ["qwen2_moe"] = "Qwen2Tokenizer",
        ["qwen3"] = "Qwen2Tokenizer",
        ["qwen3_moe"] = "Qwen2Tokenizer",
        ["roberta"] = "RobertaTokenizer",
        ["bart"] = "BartTokenizer",
        ["bert"] = "BertTokenizer",
        ["distilbert"] = "DistilBertTokenizer",
        ["electra"] = "ElectraTokenizer",
        ["t5"] = "T5Tokenizer",
    };

    /// <summary>The class of a folder whose vocabulary is not in tokenizer.json.</summary>
    /// <param name="settings">tokenizer_config.json, if there is one.</param>
    /// <param name="model">config.json, if there is one.</param>
    /// <param name="otherwise">The class where nothing names one; null for none.</param>
    /// <exception cref="FormatException">The class is not known, or nothing names it.</exception>
    public static TokenizerClass Of(JsonElement settings, JsonElement model, string? otherwise)
    {
        string name = settings.OptionalString("tokenizer_class")
            ?? model.OptionalString("tokenizer_class")
            ?? (model.OptionalString("model_type") is string type ? ByModelType.GetValueOrDefault(type) : null)
            ?? otherwise
            ?? throw new FormatException(
                "neither tokenizer_config.json nor config.json names a tokenizer_class, and without a tokenizer.json nothing else tells "
                + "how text is cut; add the class, or the model's tokenizer.json");
        string plain = name.EndsWith("Fast", StringComparison.Ordinal) ? name[..^"Fast".Length] : name;
        return ByName.TryGetValue(plain, out TokenizerClass? known) ? known : throw new FormatException(
            $"the tokenizer_class '{name}' is not known, so its vocabulary cannot be used without a tokenizer.json; download that, or "
            + "let transformers write it with save_pretrained");
    }

    // A mask token swallows the space before it.
    private static Dictionary<string, AddedToken> Tokens(params ReadOnlySpan<(string Key, string Content)> tokens)
    {
        var byKey = new Dictionary<string, AddedToken>(StringComparer.Ordinal);
        foreach ((string key, string content) in tokens)
        {
            byKey[key] = new AddedToken(content) { Special = true, StripLeft = content == "<mask>" };
        }

        return byKey;
    }
}
