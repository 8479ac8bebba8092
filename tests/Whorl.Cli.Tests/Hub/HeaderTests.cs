using System.Text.Json;

namespace Whorl.Cli.Tests.Hub;

public sealed class HeaderTests : HubTestBase
{
    [Fact]
    public async Task Show_fetches_the_header_of_the_weights_and_says_the_same_as_of_the_whole_model()
    {
        JsonElement shown = (await RunAsync("show", Model, "--json")).Json();

        Assert.Equal(SafetensorsHeaderBytes, WeightBytes);
        JsonElement whole = (await RunAsync("show", Bard, "--json")).Json();
        foreach (string key in (string[])["family", "format", "parameters", "bytes", "fingerprint", "blocks", "tokenizer", "chat_template"])
        {
            Assert.Equal(whole.GetProperty(key).ToString(), shown.GetProperty(key).ToString());
        }
    }

    [Fact]
    public async Task What_was_shown_is_shown_again_without_the_network_listed_as_a_part_and_removed()
    {
        (await RunAsync("show", Model)).AssertDone();
        int asked = Hub.Requests.Count;

        (await RunOfflineAsync("show", Model)).AssertDone();

        Assert.Equal(asked, Hub.Requests.Count);
        JsonElement[] listed = [.. (await RunOfflineAsync("list", "--json")).Json().GetProperty("models").EnumerateArray()];
        Assert.Contains(listed, model => model.GetProperty("part").GetString() == "headers");
        (await RunOfflineAsync("run", Model, "hello")).AssertRefused($"whorl pull {Model}");
        (await RunOfflineAsync("rm", Model, "--yes")).AssertDone();
        Assert.Empty((await RunOfflineAsync("list", "--json")).Json().GetProperty("models").EnumerateArray());
    }

    [Fact]
    public async Task Tokenize_fetches_no_weights_and_needs_no_network_afterwards()
    {
        ProgramResult first = (await WhorlProcess.RunWithInputAsync(Environment(), "\"To be\"\n", "tokenize", Model)).AssertDone();
        int asked = Hub.Requests.Count;

        ProgramResult again = (await WhorlProcess.RunWithInputAsync(Offline(), "\"To be\"\n", "tokenize", Model)).AssertDone();

        Assert.Empty(Hub.StorageRequests);
        Assert.Equal(asked, Hub.Requests.Count);
        Assert.Equal(first.Output, again.Output);
        ProgramResult local = (await WhorlProcess.RunWithInputAsync(Offline(), "\"To be\"\n", "tokenize", Bard)).AssertDone();
        Assert.Equal(local.Output, first.Output);
    }
}
