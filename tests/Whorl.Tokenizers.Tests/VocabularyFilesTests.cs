using System.Text;
using System.Text.Json.Nodes;

namespace Whorl.Tokenizers.Tests;

/// <summary>Folders as older repositories have them, without a tokenizer.json.</summary>
public sealed class VocabularyFilesTests : IDisposable
{
    private const string Alphabet = """{"<|endoftext|>":0,"a":1,"b":2,"c":3,"Ġ":4,"ab":5,"Ġab":6}""";
    private readonly string _folder = Directory.CreateTempSubdirectory("whorl-vocabulary").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("gpt2", "GPT2Tokenizer", "{}")]
    [InlineData("qwen2", "Qwen2TokenizerFast", "{}")]
    [InlineData("roberta", "RobertaTokenizer", "{}")]
    [InlineData("bert-uncased", "BertTokenizer", "{}")]
    [InlineData("bert-cased", "BertTokenizerFast", """{"do_lower_case":false}""")]
    public void The_class_says_what_the_files_leave_open(string name, string tokenizerClass, string settings)
    {
        JsonNode json = JsonNode.Parse(File.ReadAllText(GoldenFiles.PathOf("synthetic", name, "tokenizer.json")))!;
        JsonObject vocabulary = json["model"]!["vocab"]!.AsObject();
        if (json["model"]!["merges"] is JsonArray merges)
        {
            Write("vocab.json", vocabulary.ToJsonString());
            IEnumerable<string> lines = merges.Select(merge => merge is JsonArray pair ? $"{pair[0]} {pair[1]}" : merge!.ToString());
            Write("merges.txt", "#version: 0.2\n" + string.Join('\n', lines) + "\n");
        }
        else
        {
            Write("vocab.txt", string.Concat(vocabulary.OrderBy(token => token.Value!.GetValue<int>()).Select(token => token.Key + "\n")));
        }

        JsonNode config = JsonNode.Parse(settings)!;
        config["tokenizer_class"] = tokenizerClass;
        config["added_tokens_decoder"] = new JsonObject(json["added_tokens"]!.AsArray()
            .Select(token => KeyValuePair.Create(token!["id"]!.ToString(), (JsonNode?)token.DeepClone())));
        Write("tokenizer_config.json", config.ToJsonString());

        GoldenLines.AssertEqual(Tokenizer.FromFolder(_folder), GoldenFiles.PathOf("synthetic", name, "encodings.jsonl.gz"));
    }

    [Fact]
    public void A_configuration_without_a_class_is_told_by_the_model()
    {
        WriteByteLevel();
        Write("config.json", """{"model_type":"gpt2"}""");
        Tokenizer tokenizer = Tokenizer.FromFolder(_folder);
        Assert.Equal([5, 6, 0], tokenizer.Encode("ab ab<|endoftext|>"));
        Assert.Equal("<|endoftext|>", tokenizer.EndToken);
        Assert.True(Tokenizer.IsInFolder(_folder));
    }

    [Fact]
    public void A_begin_token_and_a_space_stand_in_front_where_the_configuration_wants_them()
    {
        WriteByteLevel();
        Write("tokenizer_config.json", """{"tokenizer_class":"GPT2Tokenizer","add_bos_token":true,"add_prefix_space":true}""");
        Assert.Equal([0, 6], Tokenizer.FromFolder(_folder).Encode("ab"));
    }

    [Fact]
    public void Tokens_that_were_added_later_follow_the_vocabulary()
    {
        WriteByteLevel();
        Write("tokenizer_config.json", """{"tokenizer_class":"GPT2Tokenizer"}""");
        Write("special_tokens_map.json", """{"eos_token":"<end>","additional_special_tokens":["<x>",{"content":"<y>","special":true}]}""");
        Write("added_tokens.json", """{"<z>":8,"<w>":7}""");
        Tokenizer tokenizer = Tokenizer.FromFolder(_folder);
        Assert.Equal([7, 8, 9, 10, 11], tokenizer.Encode("<w><z><end><x><y>"));
        Assert.Equal([false, false, true, true, true], new[] { 7, 8, 9, 10, 11 }.Select(tokenizer.IsSpecial));
    }

    [Theory]
    [InlineData("""{"tokenizer_class":"WhisperTokenizer"}""", "'WhisperTokenizer' is not known")]
    [InlineData("""{"tokenizer_class":"LlamaTokenizer"}""", "other files")]
    [InlineData("{}", "tokenizer_class")]
    public void A_class_that_does_not_tell_is_refused_by_name(string config, string word)
    {
        WriteByteLevel();
        Write("tokenizer_config.json", config);
        TokenizerFormatException error = Assert.Throws<TokenizerFormatException>(() => Tokenizer.FromFolder(_folder));
        Assert.Contains(word, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_without_any_of_the_files_is_refused_with_their_names()
    {
        Assert.False(Tokenizer.IsInFolder(_folder));
        TokenizerFormatException error = Assert.Throws<TokenizerFormatException>(() => Tokenizer.FromFolder(_folder));
        Assert.Contains("vocab.json with merges.txt", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Merges_of_tokens_that_the_vocabulary_lacks_are_refused_with_their_file()
    {
        WriteByteLevel("a b\na x\n");
        Write("config.json", """{"model_type":"gpt2"}""");
        TokenizerFormatException error = Assert.Throws<TokenizerFormatException>(() => Tokenizer.FromFolder(_folder));
        Assert.Contains("merges.txt", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_newer_llama_class_puts_a_space_before_the_text_only()
    {
        File.Copy(GoldenFiles.PathOf("synthetic", "llama-legacy", "tokenizer.model"), Path.Combine(_folder, "tokenizer.model"));
        Tokenizer older = Tokenizer.FromFolder(_folder);
        Write("tokenizer_config.json", """{"tokenizer_class":"LlamaTokenizer","legacy":false}""");
        Tokenizer newer = Tokenizer.FromFolder(_folder);

        Assert.Equal(older.Encode("Hello"), newer.Encode("Hello"));
        Assert.StartsWith("\u2581", BehindEnd(older), StringComparison.Ordinal);
        Assert.StartsWith("H", BehindEnd(newer), StringComparison.Ordinal);

        static string BehindEnd(Tokenizer tokenizer) =>
            tokenizer.IdToToken(tokenizer.Encode("Hello</s>Hello").SkipWhile(id => id != tokenizer.EndTokenId).ElementAt(1))!;
    }

    private void WriteByteLevel(string merges = "a b\nĠ ab\n")
    {
        Write("vocab.json", Alphabet);
        Write("merges.txt", merges);
    }

    private void Write(string name, string content) => File.WriteAllText(Path.Combine(_folder, name), content, new UTF8Encoding(false));
}
