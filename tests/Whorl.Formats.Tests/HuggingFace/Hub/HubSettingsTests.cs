namespace Whorl.Formats.Tests;

public sealed class HubSettingsTests
{
    [Fact]
    public void Nothing_set_gives_the_public_hub_and_the_usual_cache()
    {
        HubSettings settings = Read([]);
        Assert.Equal(new Uri(HubSettings.DefaultEndpoint), settings.Endpoint);
        Assert.EndsWith(Path.Combine(".cache", "huggingface", "hub"), settings.CacheFolder, StringComparison.Ordinal);
        Assert.False(settings.Offline);
    }

    [Theory]
    [InlineData("HF_HUB_CACHE", "/c", "/c")]
    [InlineData("HUGGINGFACE_HUB_CACHE", "/c", "/c")]
    [InlineData("HF_HOME", "/h", "/h/hub")]
    [InlineData("XDG_CACHE_HOME", "/x", "/x/huggingface/hub")]
    public void The_cache_is_where_the_variables_say(string name, string value, string folder) =>
        Assert.Equal(Path.GetFullPath(folder), Read(new() { [name] = value }).CacheFolder);

    [Fact]
    public void The_more_special_variable_wins() => Assert.Equal(
        Path.GetFullPath("/c"), Read(new() { ["HF_HUB_CACHE"] = "/c", ["HF_HOME"] = "/h", ["XDG_CACHE_HOME"] = "/x" }).CacheFolder);

    [Fact]
    public void The_token_comes_from_a_variable_or_a_file()
    {
        using var folder = new TemporaryFolder();
        string file = folder.Write("token", "from file\n");
        Assert.Equal("a", Read(new() { ["HF_TOKEN"] = " a ", ["HUGGING_FACE_HUB_TOKEN"] = "b", ["HF_TOKEN_PATH"] = file }).Token);
        Assert.Equal("b", Read(new() { ["HUGGING_FACE_HUB_TOKEN"] = "b", ["HF_TOKEN_PATH"] = file }).Token);
        Assert.Equal("from file", Read(new() { ["HF_TOKEN_PATH"] = file }).Token);
        Assert.Equal("from file", Read(new() { ["HF_HOME"] = folder.Path }).Token);
        Assert.Null(Read(new() { ["HF_TOKEN_PATH"] = folder.File("none") }).Token);
    }

    [Theory]
    [InlineData("1", true)]
    [InlineData("true", true)]
    [InlineData("YES", true)]
    [InlineData("0", false)]
    [InlineData("", false)]
    public void Offline_is_what_other_tools_take_for_it(string value, bool offline) =>
        Assert.Equal(offline, Read(new() { ["HF_HUB_OFFLINE"] = value }).Offline);

    [Fact]
    public void An_endpoint_that_is_no_address_is_an_error() =>
        Assert.Throws<HubException>(() => Read(new() { ["HF_ENDPOINT"] = "mirror" }));

    private static HubSettings Read(Dictionary<string, string> variables)
    {
        // The token of whoever runs the tests is none of theirs.
        if (!variables.ContainsKey("HF_HOME"))
        {
            variables.TryAdd("HF_TOKEN_PATH", "/nowhere/token");
        }

        return HubSettings.FromEnvironment(variables.GetValueOrDefault);
    }
}
