using System.Text.Json;

namespace Whorl.EndToEnd.Tests.Program;

/// <summary>Servers are killed and connections cut in the middle of a text, between real processes: the text is the undisturbed one.</summary>
public sealed class RecoveryTests
{
    private const int Tokens = 160;

    /// <summary>Bytes from one server after which about half of the text is written: bard's rows are float32.</summary>
    private const long Middle = Tokens / 2 * 256 * sizeof(float);

    private static readonly string[] Text = ["bard", "ROMEO.", "-n", "160", "--seed", "5", "--ignore-eos", "--json"];

    [UnixFact]
    public async Task A_server_that_is_killed_is_replaced_by_the_other_holder_of_its_blocks()
    {
        (WhorlProcess left, string leftAddress) = await WhorlProcess.ServeAsync("bard", "--blocks", "0..2");
        (WhorlProcess first, string firstAddress) = await WhorlProcess.ServeAsync("bard", "--blocks", "3..5");
        (WhorlProcess second, string secondAddress) = await WhorlProcess.ServeAsync("bard", "--blocks", "3..5");
        await using (left)
        await using (first)
        await using (second)
        await using (CountingProxy proxy = new(firstAddress, Middle, _ => first.Signal(WhorlProcess.Kill)))
        {
            JsonElement recovery = await RunAsync(leftAddress, proxy.Address, secondAddress);
            Assert.Equal(("replace", 3, 5), Told(recovery));
            Assert.InRange(recovery.GetProperty("replayed_tokens").GetInt32(), 10, Tokens);
        }
    }

    [UnixFact]
    public async Task A_server_that_is_killed_between_two_that_it_gets_from_and_sends_to_is_replaced()
    {
        (WhorlProcess left, string leftAddress) = await WhorlProcess.ServeAsync("bard", "--blocks", "0..1");
        (WhorlProcess first, string firstAddress) = await WhorlProcess.ServeAsync("bard", "--blocks", "2..3");
        (WhorlProcess second, string secondAddress) = await WhorlProcess.ServeAsync("bard", "--blocks", "2..3");
        (WhorlProcess right, string rightAddress) = await WhorlProcess.ServeAsync("bard", "--blocks", "4..5");
        await using (left)
        await using (first)
        await using (second)
        await using (right)
        await using (CountingProxy proxy = new(firstAddress, Middle, _ => first.Signal(WhorlProcess.Kill)))
        {
            Assert.Equal(("replace", 2, 3), Told(await RunAsync(leftAddress, proxy.Address, secondAddress, rightAddress)));
        }
    }

    [UnixFact]
    public async Task The_only_holder_that_is_killed_is_replaced_by_this_process_which_has_the_files()
    {
        (WhorlProcess left, string leftAddress) = await WhorlProcess.ServeAsync("bard", "--blocks", "0..3");
        (WhorlProcess right, string rightAddress) = await WhorlProcess.ServeAsync("bard", "--blocks", "4..5");
        await using (left)
        await using (right)
        await using (CountingProxy proxy = new(leftAddress, Middle, _ => left.Signal(WhorlProcess.Kill)))
        {
            Assert.Equal(("local", 0, 3), Told(await RunAsync(proxy.Address, rightAddress)));
        }
    }

    [UnixFact]
    public async Task The_only_holder_that_is_started_again_as_a_new_node_is_waited_for()
    {
        (WhorlProcess left, string leftAddress) = await WhorlProcess.ServeAsync("bard", "--blocks", "0..2");
        (WhorlProcess right, string rightAddress) = await WhorlProcess.ServeAsync("bard", "--blocks", "3..5");
        TaskCompletionSource killed = new();
        await using (left)
        await using (right)
        await using (CountingProxy proxy = new(rightAddress, Middle, _ =>
        {
            right.Signal(WhorlProcess.Kill);
            killed.SetResult();
        }))
        {
            Task<JsonElement> run = RunAsync(["--servers-only"], leftAddress, proxy.Address);
            await Task.WhenAny(killed.Task, run);
            await right.EndAsync();
            (WhorlProcess again, _) = await WhorlProcess.ServeAsync("bard", "--blocks", "3..5", "--listen", rightAddress);
            await using (again)
            {
                Assert.Equal(("reopen", 3, 5), Told(await run));
            }
        }
    }

    [Fact]
    public async Task A_connection_that_is_cut_costs_a_round_trip_and_no_token_is_computed_again()
    {
        (WhorlProcess left, string leftAddress) = await WhorlProcess.ServeAsync("bard", "--blocks", "0..2");
        (WhorlProcess right, string rightAddress) = await WhorlProcess.ServeAsync("bard", "--blocks", "3..5");
        await using (left)
        await using (right)
        await using (CountingProxy proxy = new(rightAddress, Middle, p => p.Cut()))
        {
            JsonElement recovery = await RunAsync(leftAddress, proxy.Address);
            Assert.Equal(("attach", 3, 5), Told(recovery));
            Assert.Equal(0, recovery.GetProperty("replayed_tokens").GetInt32());
        }
    }

    [UnixFact]
    public async Task A_client_that_is_killed_goes_on_with_its_text_when_it_is_started_again()
    {
        string folder = Directory.CreateTempSubdirectory("whorl-session-").FullName, file = Path.Combine(folder, "text");
        string whole = (await WhorlProcess.RunAsync(["run", .. Text])).Json.GetProperty("ids").ToString();
        (WhorlProcess left, string leftAddress) = await WhorlProcess.ServeAsync("bard", "--blocks", "0..2");
        (WhorlProcess right, string rightAddress) = await WhorlProcess.ServeAsync("bard", "--blocks", "3..5");
        await using (left)
        await using (right)
        {
            string servers = $"{leftAddress},{rightAddress}";
            await using (WhorlProcess killed = WhorlProcess.Start(["run", .. Text[..^1], "--session", file, "--servers", servers]))
            {
                killed.EndInput();
                await killed.ReadAsync(30);
                killed.Signal(WhorlProcess.Kill);
                await killed.EndAsync();
            }

            ProgramResult again = await WhorlProcess.RunAsync("run", "bard", "--session", file, "--json", "--servers", servers);
            Assert.Equal(whole, again.Json.GetProperty("ids").ToString());
            Assert.Equal("max_tokens", again.Json.GetProperty("stop_reason").GetString());
            ProgramResult there = await WhorlProcess.RunAsync("run", "bard", "--session", file, "--json");
            Assert.Equal(whole, there.Json.GetProperty("ids").ToString());
            (await WhorlProcess.RunAsync("run", "bard", "ROMEO.", "--session", file)).AssertRefused("has a text already");
        }

        Directory.Delete(folder, recursive: true);
    }

    /// <summary>Writes the text over servers, and compares it with that of one process.</summary>
    /// <returns>The one recovery.</returns>
    private static Task<JsonElement> RunAsync(params string[] servers) => RunAsync([], servers);

    /// <inheritdoc cref="RunAsync(string[])"/>
    private static async Task<JsonElement> RunAsync(string[] more, params string[] servers)
    {
        JsonElement alone = (await WhorlProcess.RunAsync(["run", .. Text])).Json;
        Assert.Equal(0, alone.GetProperty("recoveries").GetArrayLength());
        ProgramResult run = await WhorlProcess.RunAsync(["run", .. Text, "--servers", string.Join(',', servers), .. more]);
        Assert.Equal(alone.GetProperty("ids").ToString(), run.Json.GetProperty("ids").ToString());
        JsonElement recovery = Assert.Single(run.Json.GetProperty("recoveries").EnumerateArray());
        Assert.True(recovery.GetProperty("pause_ms").GetDouble() > 0);
        return recovery;
    }

    private static (string? Kind, int First, int Last) Told(JsonElement recovery) =>
        (recovery.GetProperty("kind").GetString(), recovery.GetProperty("first_block").GetInt32(), recovery.GetProperty("last_block").GetInt32());
}
