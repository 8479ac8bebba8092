using System.Text.Json;
using Whorl.Testing;

namespace Whorl.Cli.Tests.Hub;

public sealed class PullTests : HubTestBase
{
    private static readonly string[] Sentence = ["ROMEO.", "--seed", "7", "--max-tokens", "8", "--threads", "1", "--json"];

    [Fact]
    public async Task Pull_fetches_a_model_into_the_shared_cache_and_says_where()
    {
        ProgramResult result = (await RunAsync("pull", Model)).AssertDone();

        string folder = Path.Combine(Cache, "models--org--tiny", "snapshots", FakeHub.Commit);
        Assert.Equal($"{Model} is at {folder}", result.Output.TrimEnd());
        Assert.Equal(WholeWeights, (await File.ReadAllBytesAsync(Path.Combine(folder, "model.safetensors"))).Length);
        string[] lines = result.Error.TrimEnd().Split('\n');
        Assert.Contains("model.safetensors: 7.4 MiB", lines);
        Assert.Equal(5, lines.Length); // a line for each file but the README
    }

    [Fact]
    public async Task Pull_tells_programs_what_it_fetched()
    {
        JsonElement json = (await RunAsync("pull", Model + "@main", "--json")).Json();

        Assert.Equal(Model, json.GetProperty("model").GetString());
        Assert.Equal("main", json.GetProperty("revision").GetString());
        Assert.Equal(FakeHub.Commit, json.GetProperty("commit").GetString());
        Assert.True(Directory.Exists(json.GetProperty("path").GetString()));
        Assert.Contains("config.json", json.GetProperty("files").EnumerateArray().Select(file => file.GetString()));
    }

    [Fact]
    public async Task A_model_that_was_pulled_runs_by_its_name_without_the_network()
    {
        (await RunAsync("pull", Model)).AssertDone();
        int asked = Hub.Requests.Count;

        JsonElement byName = (await RunOfflineAsync(["run", Model, .. Sentence])).Json();

        JsonElement byPath = (await RunOfflineAsync(["run", Bard, .. Sentence])).Json();
        Assert.Equal(byPath.GetProperty("ids").ToString(), byName.GetProperty("ids").ToString());
        Assert.Equal(Model, byName.GetProperty("model").GetString());
        Assert.Equal(asked, Hub.Requests.Count);
    }

    [Fact]
    public async Task Without_the_network_a_model_that_was_not_pulled_is_refused_with_the_command_to_fetch_it() =>
        (await RunOfflineAsync("run", Model, "hello")).AssertRefused("HF_HUB_OFFLINE", $"whorl pull {Model}");

    [Theory]
    [InlineData("org/none", "no org/none on the hub")]
    [InlineData("not a name", "'not a name' names no model")]
    [InlineData(Model + ":Q4_K_M", "no GGUF files")]
    public async Task What_cannot_be_pulled_is_refused_in_one_line(string name, string word) =>
        (await RunAsync("pull", name)).AssertRefused(word);

    [Theory]
    [InlineData("models/none.gguf")]
    [InlineData("./org/tiny")]
    [InlineData("some/deep/folder")]
    [InlineData("nothing")]
    public async Task A_path_that_is_not_there_is_not_asked_of_the_hub(string path)
    {
        (await RunAsync("run", path, "hello")).AssertRefused($"no folder or file '{path}'");
        Assert.Empty(Hub.Requests);
    }

    [Fact]
    public async Task What_may_be_a_path_or_a_name_is_refused_as_both() =>
        (await RunAsync("run", "org/none", "hello")).AssertRefused("no folder or file 'org/none'", "no org/none on the hub");

    [Fact]
    public async Task A_hub_that_cannot_be_reached_is_told_at_once()
    {
        Dictionary<string, string> nowhere = new(Environment()) { ["HF_ENDPOINT"] = "http://127.0.0.1:9" };
        ProgramResult result = await WhorlProcess.RunAsync(nowhere, "run", "org/none", "hello");
        result.AssertRefused("no folder or file 'org/none'", "127.0.0.1 cannot be reached");
    }
}
