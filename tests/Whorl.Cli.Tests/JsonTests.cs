using System.Text.Json;

namespace Whorl.Cli.Tests;

/// <summary>What programs are told.</summary>
public sealed class JsonTests
{
    private static readonly Dictionary<string, string> Environment = [];

    [Fact]
    public async Task A_text_is_told_with_its_model_ids_times_and_chain()
    {
        JsonElement json = (await WhorlProcess.RunAsync(Environment, "run", "bard", "HAMLET.", "-n", "3", "--seed", "7", "--json")).Json();
        Assert.Equal(["model", "template", "prompt_ids", "ids", "text", "seed", "stop_reason", "prefill", "decode", "chain", "recoveries"], Keys(json));
        Assert.Empty(json.GetProperty("recoveries").EnumerateArray());
        Assert.Equal(["tokens", "seconds"], Keys(json.GetProperty("prefill")));
        Assert.Equal(["tokens", "seconds"], Keys(json.GetProperty("decode")));
        Assert.Equal("bard", json.GetProperty("model").GetString());
        Assert.Equal(7, json.GetProperty("seed").GetInt32());
        Assert.Equal("max_tokens", json.GetProperty("stop_reason").GetString());
        JsonElement holder = Assert.Single(json.GetProperty("chain").EnumerateArray());
        Assert.Equal(["server", "first_block", "last_block"], Keys(holder).Take(3));
        Assert.Equal((0, 5), (holder.GetProperty("first_block").GetInt32(), holder.GetProperty("last_block").GetInt32()));
    }

    [Fact]
    public async Task What_was_guessed_ahead_is_told_and_the_text_is_the_same()
    {
        string[] words = ["run", "bard", "HAMLET.", "-n", "30", "--seed", "7", "--ignore-eos", "--json"];
        JsonElement plain = (await WhorlProcess.RunAsync(Environment, words)).Json();
        JsonElement json = (await WhorlProcess.RunAsync(Environment, [.. words, "--draft", "bard-draft,auto", "--tree", "6"])).Json();
        Assert.Equal(plain.GetProperty("ids").GetRawText(), json.GetProperty("ids").GetRawText());
        JsonElement told = json.GetProperty("speculation");
        Assert.Equal(["passes", "tokens_per_pass", "drafted", "accepted", "by_route"], Keys(told));
        Assert.Equal(29, (int)Math.Round(told.GetProperty("passes").GetInt32() * told.GetProperty("tokens_per_pass").GetDouble()));
        Assert.True(told.GetProperty("accepted").GetInt32() > 0);
    }

    [Theory]
    [InlineData("give one or the other", "--draft", "none,lookup")]
    [InlineData("nobody guesses; give --draft too", "--tree", "4")]
    [InlineData("names 2 models", "--draft", "a,b")]
    [InlineData("there is no folder or file 'no-such.gguf'", "--draft", "no-such.gguf")]
    public async Task Who_cannot_guess_is_told_in_one_line(string words, params string[] options) =>
        (await WhorlProcess.RunAsync(Environment, ["run", "bard", "HAMLET.", .. options])).AssertRefused(words);

    [Fact]
    public async Task A_perplexity_is_told_with_what_it_was_measured_over()
    {
        string file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, string.Concat(Enumerable.Repeat("To be, or not to be, that is the question. ", 8)));
        JsonElement json = (await WhorlProcess.RunAsync(Environment, "perplexity", "bard", file, "--window", "32", "--json")).Json();
        File.Delete(file);
        Assert.Equal(["windows", "tokens", "negative_log_likelihood", "perplexity"], Keys(json));
        Assert.Equal(31 * json.GetProperty("windows").GetInt32(), json.GetProperty("tokens").GetInt32());
    }

    private static string[] Keys(JsonElement json) => [.. json.EnumerateObject().Select(property => property.Name)];
}
