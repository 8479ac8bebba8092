using System.Text.Json;

namespace Whorl.EndToEnd.Tests.Program;

/// <summary><c>whorl chaos</c>: whatever befalls the servers, the bytes are the undisturbed ones, and nothing is left over.</summary>
public sealed class ChaosTests
{
    [Fact]
    public async Task Servers_are_killed_and_cut_off_and_the_receipt_says_that_nothing_changed() =>
        await AssertHoldsAsync(generations: 2, tokens: 40, servers: 3, "--kinds", "kill,cut", "--seed", "5");

    [Fact]
    [Trait("Tier", "Long")]
    public async Task All_that_may_happen_happens_and_nothing_changes() =>
        await AssertHoldsAsync(generations: 8, tokens: 120, servers: 4, "--faults", "3", "--seed", "2");

    [Fact]
    public async Task What_cannot_be_is_refused()
    {
        (await WhorlProcess.RunAsync("chaos", "--kinds", "kill,earthquake")).AssertRefused("--kinds names 'earthquake'; there are kill");
        (await WhorlProcess.RunAsync("chaos", "--tokens", "1021")).AssertRefused("--tokens is 1021", "at most 1020");
    }

    private static async Task AssertHoldsAsync(int generations, int tokens, int servers, params string[] more)
    {
        ProgramResult result = await WhorlProcess.RunAsync(
            ["chaos", "--json", "--generations", $"{generations}", "--tokens", $"{tokens}", "--servers", $"{servers}", .. more]);
        JsonElement receipt = result.Json;
        Assert.Empty(receipt.GetProperty("failures").EnumerateArray().Select(f => f.GetString()));
        Assert.Equal(generations, receipt.GetProperty("equal").GetInt32());
        Assert.Equal(generations, receipt.GetProperty("generations").GetInt32());
        Assert.Equal(tokens, receipt.GetProperty("tokens").GetInt32());
        JsonElement[] events = [.. receipt.GetProperty("events").EnumerateArray()];
        Assert.True(events.Length >= 2 * generations);
        Assert.All(events, e => Assert.InRange(e.GetProperty("server").GetInt32(), 0, servers - 1));
        Assert.Equal(events.Select(e => e.GetProperty("at_ms").GetInt64()).Order(), events.Select(e => e.GetProperty("at_ms").GetInt64()));
        JsonElement[] recoveries = [.. receipt.GetProperty("recoveries").EnumerateArray()];
        Assert.NotEmpty(recoveries); // else nothing was tried
        Assert.All(recoveries, r => Assert.InRange(r.GetProperty("replay_ms").GetDouble(), 0, r.GetProperty("pause_ms").GetDouble()));
        Assert.Equal(0, receipt.GetProperty("left_over").GetProperty("processes").GetInt32());
        Assert.Equal(0, receipt.GetProperty("left_over").GetProperty("files").GetInt32());
        Assert.Equal(0, result.Code);
    }
}
