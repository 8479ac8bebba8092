
namespace Whorl.Tokenizers.Tests;

/// <summary>What cannot be used is refused with a name, never passed over and never with another exception.</summary>
public sealed class FormatErrorTests
{
    [Theory]
    [InlineData("\"normalizer\":{\"type\":\"Rot13\"}", "Rot13")]
    [InlineData("\"pre_tokenizer\":{\"type\":\"Chinese\"}", "Chinese")]
    [InlineData("\"post_processor\":{\"type\":\"Wrap\"}", "Wrap")]
    [InlineData("\"decoder\":{\"type\":\"Guess\"}", "Guess")]
    [InlineData("\"pre_tokenizer\":{\"type\":\"Sequence\",\"pretokenizers\":[{\"type\":\"Inner\"}]}", "Inner")]
    [InlineData("\"pre_tokenizer\":{\"type\":\"Split\",\"pattern\":{\"Regex\":\"(a)\\\\1\"},\"behavior\":\"Isolated\"}", "\\1")]
    [InlineData("\"pre_tokenizer\":{\"type\":\"Split\",\"pattern\":{\"Regex\":\"a\"},\"behavior\":\"Shuffled\"}", "Shuffled")]
    [InlineData("\"normalizer\":{\"type\":\"Precompiled\",\"precompiled_charsmap\":\"/////w==\"}", "charsmap")]
    [InlineData("\"added_tokens\":[{\"id\":1}]", "content")]
    [InlineData("\"decoder\":{\"type\":\"Strip\",\"content\":\" \"}", "start")]
    public void A_component_that_is_not_supported_is_refused_by_name(string part, string named)
    {
        TokenizerFormatException error = Assert.Throws<TokenizerFormatException>(() => SmallTokenizers.Load(SmallTokenizers.Json(part)));
        Assert.Contains(named, error.Message, StringComparison.Ordinal);
        Assert.Contains("tokenizer.json", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"type":"Markov","vocab":{}}""", "Markov")]
    [InlineData("""{"type":"BPE","vocab":{"a":0},"merges":["a b"]}""", "'b'")]
    [InlineData("""{"type":"BPE","vocab":{"a":0},"merges":["ab"]}""", "'ab'")]
    [InlineData("""{"type":"BPE","vocab":{"a":0},"merges":[],"dropout":0.1}""", "dropout")]
    [InlineData("""{"type":"BPE","vocab":{"a":-1},"merges":[]}""", "-1")]
    [InlineData("""{"type":"BPE","vocab":{"a":2000000000},"merges":[]}""", "2000000000")]
    [InlineData("""{"type":"BPE","vocab":{"a":"b"},"merges":[]}""", "'a'")]
    [InlineData("""{"type":"Unigram","vocab":[["a",0]],"unk_id":5}""", "unk_id")]
    [InlineData("""{"type":"Unigram","vocab":[["a"]]}""", "entry 0")]
    public void A_model_that_cannot_be_used_is_refused_by_name(string model, string named)
    {
        string json = SmallTokenizers.Json(model: model);
        TokenizerFormatException error = Assert.Throws<TokenizerFormatException>(() => SmallTokenizers.Load(json));
        Assert.Contains(named, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"type":"BPE","vocab":{"a":0},"merges":[],"unk_token":"<unk>"}""", "<unk>")]
    [InlineData("""{"type":"WordPiece","vocab":{"a":0}}""", "[UNK]")]
    [InlineData("""{"type":"WordLevel","vocab":{"a":0},"unk_token":"?"}""", "'?'")]
    [InlineData("""{"type":"Unigram","vocab":[["a",0]]}""", "unk_id")]
    public void An_unknown_token_that_the_vocabulary_lacks_is_missed_when_a_text_needs_it(string model, string named)
    {
        Tokenizer tokenizer = SmallTokenizers.Load(SmallTokenizers.Json(model: model));
        Assert.Equal([0], tokenizer.Encode("a"));
        TokenizerFormatException error = Assert.Throws<TokenizerFormatException>(() => tokenizer.Encode("b"));
        Assert.Contains(named, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("tokenizer.ggml.model", "plamo2")]
    [InlineData("tokenizer.ggml.pre", "unheard-of")]
    [InlineData("tokenizer.ggml.tokens", 5)]
    [InlineData("tokenizer.ggml.merges", null)]
    [InlineData("tokenizer.ggml.token_type", "1")]
    [InlineData("tokenizer.ggml.add_bos_token", "yes")]
    public void Metadata_of_a_GGUF_that_cannot_be_used_is_refused_by_key(string key, object? value)
    {
        Dictionary<string, object> metadata = SmallTokenizers.ByteLevelGguf();
        metadata.Remove(key);
        if (value is not null)
        {
            metadata[key] = value;
        }

        TokenizerFormatException error = Assert.Throws<TokenizerFormatException>(() => Tokenizer.FromGguf(metadata));
        Assert.Contains(value as string is { Length: > 3 } text ? text : key, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_without_a_tokenizer_says_what_it_lacks()
    {
        string folder = Directory.CreateTempSubdirectory().FullName;
        TokenizerFormatException error = Assert.Throws<TokenizerFormatException>(() => Tokenizer.FromFolder(folder));
        Assert.Contains("tokenizer.json", error.Message, StringComparison.Ordinal);
        Directory.Delete(folder);
    }

    [Theory]
    [InlineData("t5", "tokenizer.model")]
    [InlineData("llama-legacy", "tokenizer.model")]
    [InlineData("wordlevel", "tokenizer.json")]
    public void Damaged_files_give_a_tokenizer_or_the_format_exception(string name, string file)
    {
        byte[] whole = File.ReadAllBytes(GoldenFiles.PathOf("synthetic", name, file));
        var random = new Random(20260);
        for (int round = 0; round < 60; round++)
        {
            byte[] damaged = round % 2 == 0 ? whole[..random.Next(whole.Length)] : [.. whole];
            for (int i = 0; i < 1 + round / 4 && damaged.Length > 0; i++)
            {
                damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            }

            try
            {
                Tokenizer tokenizer = file.EndsWith("json", StringComparison.Ordinal)
                    ? Tokenizer.FromTokenizerJson(damaged)
                    : Tokenizer.FromSentencePieceModel(damaged);
                tokenizer.Decode(tokenizer.Encode("The quick brown föx\n"));
            }
            catch (TokenizerFormatException error)
            {
                Assert.NotEmpty(error.Message);
            }
        }
    }
}
