using System.Text.Json;
using Whorl.Testing;

namespace Whorl.Cli.Tests.Hub;

public sealed class CacheTests : HubTestBase
{
    [Fact]
    public async Task List_tells_name_revision_size_and_number_of_files()
    {
        (await RunAsync("pull", Model)).AssertDone();

        ProgramResult lines = (await RunOfflineAsync("list")).AssertDone();
        JsonElement models = (await RunOfflineAsync("list", "--json")).Json().GetProperty("models");
        JsonElement model = Assert.Single(models.EnumerateArray().ToArray());

        Assert.Equal($"{Model}  main ({FakeHub.Commit[..8]})  7.5 MiB in 5 files", lines.Output.TrimEnd());
        Assert.Equal(Model, model.GetProperty("name").GetString());
        Assert.Equal("main", model.GetProperty("revision").GetString());
        Assert.Equal(FakeHub.Commit, model.GetProperty("commit").GetString());
        Assert.Equal(5, model.GetProperty("files").GetInt32());
        Assert.InRange(model.GetProperty("size").GetInt64(), WholeWeights, 2 * WholeWeights);
    }

    [Fact]
    public async Task List_says_what_is_missing_of_a_model()
    {
        (await RunAsync("pull", Model)).AssertDone();
        string weights = Assert.Single(Directory.GetFiles(Cache, "model.safetensors", SearchOption.AllDirectories));
        string folder = Path.GetDirectoryName(weights)!;
        File.Move(weights, Path.Combine(folder, "model-00002-of-00003.safetensors"));

        ProgramResult lines = (await RunOfflineAsync("list")).AssertDone();
        JsonElement model = Assert.Single((await RunOfflineAsync("list", "--json")).Json().GetProperty("models").EnumerateArray().ToArray());
        Assert.EndsWith("; incomplete: 2 files are missing, model-00001-of-00003.safetensors the first", lines.Output.TrimEnd(), StringComparison.Ordinal);
        Assert.False(model.GetProperty("whole").GetBoolean());
        Assert.Equal(2, model.GetProperty("missing").GetArrayLength());

        File.Delete(Path.Combine(folder, "model-00002-of-00003.safetensors"));
        Assert.EndsWith("; incomplete: no weights", (await RunOfflineAsync("list")).Output.TrimEnd(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_empty_cache_is_told_with_what_to_do()
    {
        ProgramResult result = (await RunOfflineAsync("list")).AssertDone();

        Assert.Equal("", result.Output);
        Assert.Contains("whorl pull", result.Error, StringComparison.Ordinal);
        Assert.Empty((await RunOfflineAsync("list", "--json")).Json().GetProperty("models").EnumerateArray());
    }

    [Theory]
    [InlineData(Model)]
    [InlineData(Model + "@main")]
    [InlineData(Model + "@" + FakeHub.Commit)]
    public async Task Rm_removes_a_model_once_it_may(string name)
    {
        (await RunAsync("pull", Model)).AssertDone();

        (await RunOfflineAsync("rm", name)).AssertRefused("--yes");
        Assert.NotEmpty(Directory.GetFiles(Cache, "*", SearchOption.AllDirectories));

        ProgramResult removed = (await RunOfflineAsync("rm", name, "--yes")).AssertDone();
        Assert.Contains("7.5 MiB are free again", removed.Output, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(Cache, "*", SearchOption.AllDirectories));
    }

    [Theory]
    [InlineData("org/none", "org/none")]
    [InlineData(Model + "@none", "@none")]
    [InlineData(Model + ":Q8_0", "all its files")]
    [InlineData("../tiny", "names no model")]
    public async Task What_is_not_there_is_not_removed(string name, string word)
    {
        (await RunAsync("pull", Model)).AssertDone();

        (await RunOfflineAsync("rm", name, "--yes")).AssertRefused(word);

        Assert.NotEmpty(Directory.GetFiles(Cache, "*", SearchOption.AllDirectories));
    }
}
