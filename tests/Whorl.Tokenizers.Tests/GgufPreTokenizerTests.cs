namespace Whorl.Tokenizers.Tests;

public sealed class GgufPreTokenizerTests
{
    private const string Text = "It's 1234567 days — naïve café,\n\n  日本語 한국어!\t<x>  fin";

    /// <summary>The names that llama.cpp knows for byte-level vocabularies.</summary>
    public static TheoryData<string> Names =>
    [
        "default", "minicpm5", "llama3", "llama-v3", "llama-bpe", "falcon3", "falcon-h1", "pixtral", "midm-2.0", "lfm2", "jina-v5-nano",
        "deepseek-llm", "deepseek-coder", "deepseek-v3", "spark2_5", "youtu", "falcon", "mpt", "starcoder", "gpt-2", "phi-2", "jina-es",
        "jina-de", "gigachat", "jina-v2-es", "jina-v2-de", "a.x-4.0", "mellum", "modern-bert", "jais-2", "jina-v1-en", "jina-v2-code",
        "roberta-bpe", "refact", "command-r", "qwen2", "deepseek-r1-qwen", "kormo", "f2llmv2", "qwen35", "stablelm2", "olmo", "dbrx",
        "smaug-bpe", "poro-chat", "glm4", "chatglm-bpe", "viking", "jais", "tekken", "smollm", "codeshell", "bloom", "gpt3-finnish",
        "exaone", "exaone4", "exaone-moe", "chameleon", "minerva-7b", "megrez", "gpt-4o", "llama4", "kanana2", "talkie",
        "granite-embed-multi-97m", "tiny_aya", "cohere2moe", "superbpe", "trillion", "granite-docling", "bailingmoe", "bailingmoe2",
        "llada-moe", "seed-coder", "hunyuan", "hunyuan-dense", "hy_v4", "joyai-llm", "kimi-k2", "ufakzeka", "grok-2", "afmoe", "laguna",
        "minimax-m2", "solar-open", "mellum2",
    ];

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_name_that_llama_cpp_knows_keeps_the_text(string name)
    {
        Dictionary<string, object> metadata = SmallTokenizers.ByteLevelGguf();
        metadata["tokenizer.ggml.pre"] = name;
        Tokenizer tokenizer = Tokenizer.FromGguf(metadata);
        Assert.Equal(Text, tokenizer.Decode(tokenizer.Encode(Text, EncodeOptions.PlainText)));
    }

    [Theory]
    [InlineData("afmoe", "1234567", "1|234|567")]
    [InlineData("superbpe", "1234567", "1|234|567")]
    [InlineData("llama-bpe", "1234567", "123|456|7")]
    [InlineData("qwen2", "12", "1|2")]
    [InlineData("ufakzeka", "It's", "It|'s")]
    [InlineData("spark2_5", "a.\n\n", "a|.|\n|\n")]
    [InlineData("laguna", "a\n\nb", "a|\n\n|b")]
    [InlineData("default", "a+1", "a|+|1")]
    public void Words_are_cut_where_the_name_says(string name, string text, string words)
    {
        // With merges that lead to every word, a piece that is one comes out whole.
        var merges = new List<string>();
        List<string> known = [.. Enumerable.Range(0, 256).Select(b => Tokenizers.Text.ByteAlphabet.OfByte((byte)b).ToString())];
        foreach (string word in words.Split('|').Select(Bytes).Where(word => word.Length > 1).Distinct())
        {
            for (int length = 2; length <= word.Length; length++)
            {
                merges.Add($"{word[..(length - 1)]} {word[length - 1]}");
                known.Add(word[..length]);
            }
        }

        Dictionary<string, object> metadata = SmallTokenizers.ByteLevelGguf();
        metadata["tokenizer.ggml.pre"] = name;
        metadata["tokenizer.ggml.tokens"] = known.Distinct().ToArray();
        metadata["tokenizer.ggml.token_type"] = known.Distinct().Select(_ => 1).ToArray();
        metadata["tokenizer.ggml.merges"] = merges.Distinct().ToArray();
        metadata.Remove("tokenizer.ggml.bos_token_id");
        Tokenizer tokenizer = Tokenizer.FromGguf(metadata);

        Assert.Equal(words, string.Join('|', tokenizer.Encode(text).Select(id => tokenizer.Decode([id]))));

        static string Bytes(string word) => string.Concat(System.Text.Encoding.UTF8.GetBytes(word).Select(Tokenizers.Text.ByteAlphabet.OfByte));
    }

    [Fact]
    public void Gemma_4_has_characters_in_place_of_bytes_and_takes_newlines_whole()
    {
        string[] tokens = ["<bos>", "\u2581", "a", "b", "\u2581a", "\u2581ab", "\n", "\n\n\n", "<0xC3>", "<0xA9>"];
        Tokenizer tokenizer = Tokenizer.FromGguf(new Dictionary<string, object>
        {
            ["general.architecture"] = "gemma4",
            ["tokenizer.ggml.model"] = "gemma4",
            ["tokenizer.ggml.tokens"] = tokens,
            ["tokenizer.ggml.token_type"] = tokens.Select(token => token == "<bos>" ? 3 : token.StartsWith("<0x", StringComparison.Ordinal) ? 6 : 1).ToArray(),
            ["tokenizer.ggml.merges"] = new[] { "\u2581 a", "\u2581a b" },
            ["tokenizer.ggml.bos_token_id"] = 0u,
        });
        Assert.Equal([0, 2, 5, 7, 6, 6, 8, 9], tokenizer.Encode("a ab\n\n\n").Concat(tokenizer.Encode("\n\né", EncodeOptions.PlainText)));
        Assert.Equal("a ab\n\n\né", tokenizer.Decode([2, 5, 7, 8, 9]));
    }

    [Fact]
    public void A_user_defined_piece_of_a_unigram_model_is_taken_wherever_it_fits()
    {
        Tokenizer tokenizer = Tokenizer.FromGguf(new Dictionary<string, object>
        {
            ["general.architecture"] = "t5",
            ["tokenizer.ggml.model"] = "t5",
            ["tokenizer.ggml.tokens"] = new[] { "<unk>", "\u2581", "fox", "\u2581fox" },
            ["tokenizer.ggml.scores"] = new[] { 0f, -1f, -2f, 0f },
            ["tokenizer.ggml.token_type"] = new[] { 2, 1, 1, 4 },
        });
        Assert.Equal([3], tokenizer.Encode("fox", EncodeOptions.PlainText));
    }

    [Fact]
    public void Rwkv_takes_the_longest_token_again_and_again()
    {
        string[] tokens = ["<s>", "a", "ab", "b", "abc", "\\n", "\\xc3\\xa9", "\\xc3", "\\\\", "é b"];
        Tokenizer tokenizer = Tokenizer.FromGguf(new Dictionary<string, object>
        {
            ["general.architecture"] = "rwkv7",
            ["tokenizer.ggml.model"] = "rwkv",
            ["tokenizer.ggml.tokens"] = tokens,
            ["tokenizer.ggml.token_type"] = tokens.Select(token => token == "<s>" ? 3 : 1).ToArray(),
        });
        Assert.Equal([4, 2, 2, 5, 6, 8, 9, 0], tokenizer.Encode("abcabab\né\\é b?"));
        Assert.Equal("abc\né\\é b", tokenizer.Decode([4, 5, 6, 8, 9]));
        StreamingDecoder stream = tokenizer.StartDecoding();
        Assert.Equal(["", "a"], [stream.Append(7), stream.Append(1)[1..]]);
    }
}
