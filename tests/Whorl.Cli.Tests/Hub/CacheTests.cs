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
