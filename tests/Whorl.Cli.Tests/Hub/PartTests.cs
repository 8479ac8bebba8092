using System.Text.Json;

namespace Whorl.Cli.Tests.Hub;

public sealed class PartTests : HubTestBase
{
    private static readonly string[] Sentence = ["ROMEO.", "--seed", "7", "--max-tokens", "8", "--threads", "1", "--json"];

    [Fact]
    public async Task Servers_fetch_their_blocks_and_the_client_the_ends_and_the_text_is_that_of_the_whole_model()
    {
        (WhorlProcess first, string firstAddress) = await ServeAsync("a", "0..1");
        await using WhorlProcess heldFirst = first;
        long ofFirst = WeightBytes;
        (WhorlProcess second, string secondAddress) = await ServeAsync("b", "2..5");
        await using WhorlProcess heldSecond = second;
        long ofSecond = WeightBytes - ofFirst;

        string[] arguments = ["run", Model, .. Sentence, "--servers", $"{firstAddress},{secondAddress}"];
        JsonElement split = (await WhorlProcess.RunAsync(Environment("c"), arguments)).Json();
        long ofClient = WeightBytes - ofFirst - ofSecond;

        JsonElement whole = (await RunAsync(["run", Bard, .. Sentence])).Json();
        Assert.Equal(whole.GetProperty("ids").ToString(), split.GetProperty("ids").ToString());
        Assert.Equal(WholeWeights + (2 * SafetensorsHeaderBytes), ofFirst + ofSecond + ofClient);
        Assert.Equal(2 * (ofFirst - SafetensorsHeaderBytes), ofSecond - SafetensorsHeaderBytes);
    }

    [Fact]
    public async Task A_part_that_is_there_is_served_without_the_network_listed_and_removed()
    {
        await using ((await ServeAsync("me", "1..2")).Server)
        {
        }

        int asked = Hub.Requests.Count;
        (WhorlProcess again, _) = await WhorlProcess.ServeAsync(Offline(), Model, "--blocks", "1..2", "--threads", "1");
        await again.DisposeAsync();
        Assert.Equal(asked, Hub.Requests.Count);

        JsonElement[] listed = [.. (await RunOfflineAsync("list", "--json")).Json().GetProperty("models").EnumerateArray()];
        Assert.Contains(listed, model => model.GetProperty("part").GetString() == "blocks 1..2");
        (await RunOfflineAsync("serve", Model, "--blocks", "3..4")).AssertRefused($"whorl pull {Model}");
        (await RunOfflineAsync("rm", Model, "--yes")).AssertDone();
        Assert.Empty((await RunOfflineAsync("list", "--json")).Json().GetProperty("models").EnumerateArray());
    }

    [Fact]
    public async Task A_model_that_is_there_whole_is_used_for_its_blocks()
    {
        (await RunAsync("pull", Model)).AssertDone();
        int asked = Hub.Requests.Count;

        await using WhorlProcess server = (await ServeAsync("me", "0..0")).Server;

        Assert.Equal(asked, Hub.Requests.Count);
    }

    [Fact]
    public async Task Blocks_that_the_model_does_not_have_are_refused_before_anything_is_fetched()
    {
        (await RunAsync("serve", Model, "--blocks", "4..6")).AssertRefused("0..5", "4..6");
        Assert.Empty(Hub.StorageRequests);
    }

    private Task<(WhorlProcess Server, string Address)> ServeAsync(string user, string blocks) =>
        WhorlProcess.ServeAsync(Environment(user), Model, "--blocks", blocks, "--threads", "1");
}
