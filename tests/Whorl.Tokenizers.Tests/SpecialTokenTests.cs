using System.Text.Json;

namespace Whorl.Tokenizers.Tests;

/// <summary>What special tokens are for: to end a text, and to be named by templates.</summary>
public sealed class SpecialTokenTests : IDisposable
{
    private const int Normal = 1, Unknown = 2, Control = 3, UserDefined = 4, Unused = 5;
    private readonly string _folder = Directory.CreateTempSubdirectory("whorl-special").FullName;

    public static TheoryData<string, int> Ends
    {
        get
        {
            TheoryData<string, int> data = [];
            foreach (string text in (string[])
                [
                    "<|eot_id|>", "<|im_end|>", "<|end|>", "<end_of_turn>", "<|endoftext|>", "<|eom_id|>", "<EOT>", "_<EOT>", "[EOT]", "[EOS]", "<|EOT|>", "<|end_of_text|>",
                    "<\uff5cend\u2581of\u2581sentence\uff5c>", "<end_of_utterance>", "<|return|>", "<|call|>", "<|calls|>", "<|flush|>", "</s>", "<eos>", "<turn|>", "<|fim_pad|>", "<|file_sep|>",
                ])
            {
                data.Add(text, Control);
                data.Add(text, Normal);
                data.Add(text, UserDefined);
                data.Add(text, Unused);
            }

            return data;
        }
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [MemberData(nameof(Ends))]
    public void A_token_whose_text_ends_a_turn_does_so_whatever_its_type(string text, int type)
    {
        foreach (string kind in (string[])["llama", "gpt2"])
        {
            Dictionary<string, object> metadata = Gguf(kind, ("a", Normal), ("b", Normal), (text, type), ("<|user|>", Control), ("<stop>", Control));
            metadata["tokenizer.ggml.eos_token_id"] = 5u;
            Assert.Equal([3, 5], Tokenizer.FromGguf(metadata).EndOfGenerationIds.Order());
        }
    }

    [Theory]
    [InlineData("<|user|>")]
    [InlineData("<|assistant|>")]
    [InlineData("<|im_start|>")]
    [InlineData("<|start_header_id|>")]
    [InlineData("<bos>")]
    [InlineData("im_end")]
    public void Others_end_nothing(string text) =>
        Assert.Empty(Tokenizer.FromGguf(Gguf("llama", ("a", Normal), (text, Control))).EndOfGenerationIds);

    [Fact]
    public void Where_messages_end_within_a_turn_their_end_is_not_the_turn_s()
    {
        Assert.Equal([2, 3], Tokenizer.FromGguf(Gguf("llama", ("<|end|>", Control), ("<|return|>", Control), ("<|call|>", Control))).EndOfGenerationIds.Order());
        Assert.Equal([2, 3], Tokenizer.FromGguf(Gguf("llama", ("<|end|>", Control), ("<|flush|>", Control), ("<|calls|>", Control))).EndOfGenerationIds.Order());
        Assert.Equal([2], Tokenizer.FromGguf(Gguf("llama", ("</s>", Control), ("<|tool_response>", Control))).EndOfGenerationIds);
    }

    [Theory]
    [InlineData(uint.MaxValue)]
    [InlineData(-1)]
    [InlineData(ulong.MaxValue)]
    [InlineData(-1L)]
    [InlineData(99u)]
    public void A_number_that_is_no_token_s_names_none(object none)
    {
        Dictionary<string, object> metadata = Gguf("llama", ("a", Normal), ("<x>", Control));
        foreach (string key in (string[])["bos", "eos", "eot", "eom", "unknown", "padding", "seperator", "cls", "mask", "fim_pad"])
        {
            metadata[$"tokenizer.ggml.{key}_token_id"] = none;
        }

        var tokenizer = Tokenizer.FromGguf(metadata);
        Assert.Empty(tokenizer.EndOfGenerationIds);
        Assert.Empty(tokenizer.SpecialTokens);
        Assert.Null(tokenizer.BeginToken);
    }

    [Fact]
    public void The_special_tokens_of_a_gguf_file_are_named_as_templates_name_them()
    {
        Dictionary<string, object> metadata = Gguf("llama", ("<b>", Control), ("<e>", Control), ("<p>", Control), ("<s>", Control), ("<t>", Control));
        foreach ((string key, uint id) in (ReadOnlySpan<(string, uint)>)[("bos", 1), ("eos", 2), ("padding", 3), ("seperator", 4), ("unknown", 0), ("eot", 5)])
        {
            metadata[$"tokenizer.ggml.{key}_token_id"] = id;
        }

        var tokenizer = Tokenizer.FromGguf(metadata);
        Assert.Equal([2, 5], tokenizer.EndOfGenerationIds.Order());
        Assert.Equal(
            ["bos_token=<b>", "eos_token=<e>", "eot_token=<t>", "pad_token=<p>", "sep_token=<s>", "unk_token=<unk>"],
            tokenizer.SpecialTokens.Select(token => $"{token.Key}={token.Value}").Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Templates_see_the_whole_map_of_a_folder_s_special_tokens()
    {
        Write("tokenizer.json", SmallTokenizers.Json());
        Write("tokenizer_config.json", """
            {"bos_token": {"content": "<b>", "lstrip": false}, "eos_token": "</s>", "pad_token": null, "image_token": "<img>", "boi_token": {"content": "<boi>"}, "add_bos_token": true,
             "extra_special_tokens": {"tool_token": "<tool>"}, "additional_special_tokens": ["<x>", {"content": "<y>"}]}
            """);
        Write("special_tokens_map.json", """{"unk_token": "<u>", "mask_token": "<m>", "additional_special_tokens": ["<other>"]}""");
        IReadOnlyDictionary<string, JsonElement> map = Tokenizer.FromFolder(_folder).SpecialTokens;
        Assert.Equal(
            ["boi_token=<boi>", "bos_token=<b>", "eos_token=</s>", "image_token=<img>", "mask_token=<m>", "tool_token=<tool>", "unk_token=<u>"],
            map.Where(token => token.Value.ValueKind == JsonValueKind.String).Select(token => $"{token.Key}={token.Value}").Order(StringComparer.Ordinal));
        Assert.Equal(["<other>"], map["additional_special_tokens"].EnumerateArray().Select(token => token.GetString())); // the map wins, as it does for the others
        Assert.False(map.ContainsKey("pad_token"));
    }

    [Fact]
    public void Only_special_tokens_have_a_hidden_text()
    {
        var tokenizer = Tokenizer.FromGguf(Gguf("llama", ("a", Normal), ("<x>", Control), ("<y>", UserDefined)));
        Assert.Equal([null, "<x>", null, null], new[] { 1, 2, 3, 99 }.Select(tokenizer.HiddenText));
    }

    private static Dictionary<string, object> Gguf(string kind, params (string Text, int Type)[] tokens) => new()
    {
        ["general.architecture"] = "llama",
        ["tokenizer.ggml.model"] = kind,
        ["tokenizer.ggml.pre"] = "gpt-2",
        ["tokenizer.ggml.tokens"] = (string[])["<unk>", .. tokens.Select(token => token.Text)],
        ["tokenizer.ggml.token_type"] = (int[])[Unknown, .. tokens.Select(token => token.Type)],
        ["tokenizer.ggml.scores"] = new float[tokens.Length + 1],
        ["tokenizer.ggml.merges"] = Array.Empty<string>(),
    };

    private void Write(string name, string text) => File.WriteAllText(Path.Combine(_folder, name), text);
}
