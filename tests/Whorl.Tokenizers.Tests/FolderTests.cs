using System.Text;

namespace Whorl.Tokenizers.Tests;

public sealed class FolderTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("whorl-tokenizer").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Special_tokens_and_templates_are_read_from_the_files_beside()
    {
        Write("tokenizer.json", SmallTokenizers.Json("""
            "added_tokens":[{"id":1,"content":"a","special":true}],"pre_tokenizer":{"type":"WhitespaceSplit"}
            """));
        Write("tokenizer_config.json", """
            {"bos_token":{"content":"a","lstrip":false},"eos_token":"</s>","pad_token":null,
             "added_tokens_decoder":{"6":{"content":"<x>","special":false},"5":{"content":"<y>","special":true}},
             "chat_template":[{"name":"default","template":"D"},{"name":"tool_use","template":"T"}]}
            """);
        Write("special_tokens_map.json", """{"eos_token":"other","pad_token":"d"}""");
        Directory.CreateDirectory(Path.Combine(_folder, "additional_chat_templates"));
        Write(Path.Combine("additional_chat_templates", "rag.jinja"), "R");

        Tokenizer tokenizer = Tokenizer.FromFolder(_folder);

        Assert.Equal(("a", 1), (tokenizer.BeginToken, tokenizer.BeginTokenId));
        Assert.Equal(("</s>", 7), (tokenizer.EndToken, tokenizer.EndTokenId));
        Assert.Equal(("?", 0), (tokenizer.UnknownToken, tokenizer.UnknownTokenId));
        Assert.Equal(("d", 4), (tokenizer.PaddingToken, tokenizer.PaddingTokenId));
        Assert.Equal([(int?)5, 6], [tokenizer.TokenToId("<y>"), tokenizer.TokenToId("<x>")]);
        Assert.Equal([true, false, true], new[] { 5, 6, 7 }.Select(tokenizer.IsSpecial));
        Assert.Equal(8, tokenizer.VocabularySize);
        Assert.False(tokenizer.AddsBeginToken);
        Assert.Equal(["D", "R", "T"], tokenizer.ChatTemplates.OrderBy(template => template.Key).Select(template => template.Value));
        Assert.Equal([2, 6, 3, 7], tokenizer.Encode("b <x>c</s>"));
    }

    [Fact]
    public void The_jinja_file_wins_over_the_configuration()
    {
        Write("tokenizer.json", SmallTokenizers.Json());
        Write("tokenizer_config.json", """{"chat_template":"old"}""");
        Write("chat_template.jinja", "new");
        Assert.Equal("new", Tokenizer.FromFolder(_folder).ChatTemplates["default"]);
    }

    [Fact]
    public void Llama_classes_put_begin_and_end_tokens_as_the_configuration_says()
    {
        Write("tokenizer.json", SmallTokenizers.Json("\"pre_tokenizer\":{\"type\":\"WhitespaceSplit\"}"));
        Write("tokenizer_config.json", """
            {"tokenizer_class":"LlamaTokenizerFast","add_bos_token":true,"add_eos_token":true,"bos_token":"c","eos_token":"d"}
            """);
        Tokenizer tokenizer = Tokenizer.FromFolder(_folder);
        Assert.True(tokenizer.AddsBeginToken);
        Assert.Equal([3, 1, 2, 4], tokenizer.Encode("a b"));
        TokenEncoding pair = tokenizer.EncodePair("a", "b");
        Assert.Equal([3, 1, 4, 3, 2, 4], pair.Ids);
        Assert.Equal([0, 0, 0, 1, 1, 1], pair.TypeIds);
    }

    private void Write(string name, string content) => File.WriteAllText(Path.Combine(_folder, name), content, new UTF8Encoding(false));
}
