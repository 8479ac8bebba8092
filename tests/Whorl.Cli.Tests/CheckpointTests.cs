using System.Text.Json;
using System.Text.Json.Nodes;
using Whorl.Formats;
using Whorl.Generation;

namespace Whorl.Cli.Tests;

/// <summary>The built-in model with other files beside its weights.</summary>
public sealed class CheckpointTests : IDisposable
{
    private static readonly Dictionary<string, string> Environment = [];
    private readonly string _folder = Directory.CreateTempSubdirectory("whorl-checkpoint-").FullName;

    public CheckpointTests()
    {
        foreach (string file in Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "models", "bard")))
        {
            File.Copy(file, Path.Combine(_folder, Path.GetFileName(file)));
        }
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Unknown_keys_are_told_once_on_standard_error_and_refused_with_strict()
    {
        Change("config.json", config => (config["warp_drive"], config["is_llama_config"]) = (9, true));
        Change("generation_config.json", config => config["flux"] = 1);
        ProgramResult run = (await WhorlProcess.RunAsync(Environment, "demo", _folder, "HAMLET.", "-n", "2", "--servers", "2", "--temperature", "0", "--json")).AssertDone();
        string told = Assert.Single(run.Error.Split('\n'), line => line.StartsWith("whorl: warning:", StringComparison.Ordinal));
        Assert.Contains("config.json: warp_drive; generation_config.json: flux", told, StringComparison.Ordinal);
        (await WhorlProcess.RunAsync(Environment, "run", _folder, "HAMLET.", "-n", "2", "--strict")).AssertRefused("warp_drive", "flux");
        (await WhorlProcess.RunAsync(Environment, "show", _folder, "--strict")).AssertRefused("warp_drive");
    }

    [Fact]
    public async Task Unknown_keys_of_a_tokenizer_are_told_and_refused_with_strict_where_there_is_no_more_than_it()
    {
        Change("tokenizer_config.json", config => config["warp_drive"] = 9);
        foreach (string file in (string[])["config.json", "generation_config.json", "model.safetensors"])
        {
            File.Delete(Path.Combine(_folder, file));
        }

        ProgramResult told = (await WhorlProcess.RunWithInputAsync(Environment, "\"To be\"\n", "tokenize", _folder)).AssertDone();
        Assert.StartsWith("[", told.Output, StringComparison.Ordinal);
        Assert.Contains("tokenizer_config.json: warp_drive", told.Error, StringComparison.Ordinal);
        (await WhorlProcess.RunWithInputAsync(Environment, "\"To be\"\n", "tokenize", _folder, "--strict")).AssertRefused("warp_drive");
    }

    [Fact]
    public async Task A_bad_default_of_a_generation_is_refused_with_file_and_key()
    {
        await File.WriteAllTextAsync(Path.Combine(_folder, "generation_config.json"), """{"temperature": NaN}""");
        (await WhorlProcess.RunAsync(Environment, "run", _folder, "HAMLET.", "-n", "2")).AssertRefused("generation_config.json", "temperature");
    }

    [Theory]
    [InlineData("""{"do_sample": false}""", 0f)]
    [InlineData("""{"do_sample": false, "temperature": 1.5, "top_k": 3}""", 0f)]
    [InlineData("""{"do_sample": true}""", 1f)]
    [InlineData("""{"do_sample": true, "temperature": 0.3}""", 0.3f)]
    [InlineData("""{"temperature": 0.3}""", 0.3f)]
    [InlineData("""{"do_sample": null}""", 0.8f)]
    [InlineData("{}", 0.8f)]
    public void Without_sampling_the_likeliest_token_is_taken_unless_the_command_line_says_otherwise(string generation, float temperature)
    {
        File.WriteAllText(Path.Combine(_folder, "generation_config.json"), generation);
        ModelText text = Load();
        Assert.Equal(temperature, new TextOptions { Seed = 7 }.Resolve(text).Sampling.Temperature);
        Assert.Equal(0.6f, new TextOptions { Temperature = 0.6f }.Resolve(text).Sampling.Temperature);
    }

    [Fact]
    public void What_any_of_the_files_says_ends_a_text()
    {
        Change("config.json", config => (config["eos_token_id"], config["text_config"]) = (new JsonArray(7, 8), new JsonObject { ["eos_token_id"] = 9 }));
        File.WriteAllText(Path.Combine(_folder, "generation_config.json"), """{"eos_token_id": 11, "stop_strings": ["STOP"]}""");
        ModelText text = Load();
        Assert.Equal([0, 1, 7, 8, 9, 11], text.EndTokens.Order()); // 0 and 1 by their texts
        GenerationOptions options = new TextOptions { StopStrings = ["mine"] }.Resolve(text);
        Assert.Equal(["mine", "STOP"], options.StopStrings);
        Assert.Empty(new TextOptions { IgnoreEndTokens = true }.Resolve(text).EndTokens);
    }

    [Fact]
    public void A_template_names_any_special_token()
    {
        Change("tokenizer_config.json", config =>
        {
            (config["pad_token"], config["unk_token"], config["additional_special_tokens"]) = ("<|end|>", "<|endoftext|>", new JsonArray("<|end|>"));
            config["chat_template"] = "{{ pad_token }}{{ unk_token }}{{ additional_special_tokens[0] }}{{ eos_token }}";
        });
        Assert.Equal([1, 0, 1, 1], Load().EncodeConversation([new ConversationMessage("user", "x")]));
    }

    [Fact]
    public async Task A_stop_string_may_be_a_special_token_s_text_or_span_it()
    {
        string[] arguments = ["run", _folder, "ROMEO.\nO, ", "--ignore-eos", "-n", "200", "--temperature", "0", "--json"];
        JsonElement whole = (await WhorlProcess.RunAsync(Environment, arguments)).Json();
        int[] ids = [.. whole.GetProperty("ids").EnumerateArray().Select(id => id.GetInt32())];
        int end = Array.IndexOf(ids, 1);
        Assert.InRange(end, 1, 198); // the model ends its text, and goes on since it is told to

        JsonElement stopped = (await WhorlProcess.RunAsync(Environment, [.. arguments, "--stop", "<|end|>"])).Json();
        Assert.Equal("stop_string", stopped.GetProperty("stop_reason").GetString());
        Assert.Equal(ids[..(end + 1)], stopped.GetProperty("ids").EnumerateArray().Select(id => id.GetInt32()));
        string text = stopped.GetProperty("text").GetString()!;
        Assert.StartsWith(text, whole.GetProperty("text").GetString(), StringComparison.Ordinal);

        JsonElement spanning = (await WhorlProcess.RunAsync(Environment, [.. arguments, "--stop", text[^2..] + "<|end|>"])).Json();
        Assert.Equal(text[..^2], spanning.GetProperty("text").GetString());
    }

    [Fact]
    public async Task What_is_shown_to_programs_has_the_end_tokens_and_the_memory_of_a_text()
    {
        JsonElement shown = (await WhorlProcess.RunAsync(Environment, "show", _folder, "--json", "--context", "512")).Json();
        Assert.Equal(["0 <|endoftext|>", "1 <|end|>"], shown.GetProperty("end_tokens").EnumerateArray().Select(token => $"{token.GetProperty("id")} {token.GetProperty("text")}"));
        JsonElement memory = shown.GetProperty("memory_bytes");
        Assert.Equal((512, 6L * 2 * 4 * 64 * 512), (memory.GetProperty("context").GetInt32(), memory.GetProperty("cache").GetInt64()));
        Assert.Equal(memory.GetProperty("weights").GetInt64() + memory.GetProperty("cache").GetInt64(), memory.GetProperty("total").GetInt64());
    }

    [Fact]
    public async Task What_is_shown_to_people_is_short()
    {
        string shown = (await WhorlProcess.RunAsync(Environment, "show", _folder)).AssertDone().Output;
        Assert.Contains("0..5: attention", shown, StringComparison.Ordinal);
        Assert.Contains("MiB of weights", shown, StringComparison.Ordinal);
        Assert.DoesNotContain("\\u003C", shown, StringComparison.Ordinal);
        Assert.All(shown.TrimEnd().Split('\n'), line => Assert.InRange(line.Length, 1, 240));
        string template = (await WhorlProcess.RunAsync(Environment, "show", _folder, "--template")).AssertDone().Output;
        Assert.Contains("{% if add_generation_prompt %}", template, StringComparison.Ordinal);
    }

    private ModelText Load()
    {
        using ModelFile file = ModelFile.Open(_folder);
        return ModelText.Load(file);
    }

    private void Change(string name, Action<JsonObject> change)
    {
        string path = Path.Combine(_folder, name);
        JsonObject json = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
        change(json);
        File.WriteAllText(path, json.ToJsonString());
    }
}
