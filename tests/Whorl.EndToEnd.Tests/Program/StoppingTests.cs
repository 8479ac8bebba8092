using Whorl.P2P;

namespace Whorl.EndToEnd.Tests.Program;

/// <summary>However the program is ended, it ends at once and leaves nothing behind.</summary>
public sealed class StoppingTests
{
    private const string Endless = "100000";

    [UnixFact]
    public async Task Ctrl_C_ends_a_text_that_is_being_written()
    {
        using BrokenModel model = Patient();
        await using WhorlProcess run = WhorlProcess.Start("run", model.Folder, "ROMEO.\n", "-n", Endless, "--context", Endless, "--ignore-eos");
        run.EndInput();
        await run.ReadAsync(20);
        run.Signal(WhorlProcess.Interrupt);
        ProgramResult result = await run.EndAsync();
        Assert.Equal(130, result.Code);
        result.AssertOneLine("stopped");
    }

    [UnixFact]
    public async Task A_text_that_nobody_reads_any_more_is_not_computed_further()
    {
        using BrokenModel model = Patient();
        await using WhorlProcess run = WhorlProcess.Start("run", model.Folder, "ROMEO.\n", "-n", Endless, "--context", Endless, "--ignore-eos");
        run.EndInput();
        await run.ReadAsync(20);
        run.CloseOutput();
        ProgramResult result = await run.EndAsync();
        Assert.Equal((141, ""), (result.Code, result.Error));
    }

    [UnixFact]
    public async Task Ctrl_C_ends_a_demo_and_its_servers()
    {
        await using WhorlProcess demo = WhorlProcess.Start("demo", "-n", Endless, "--context", Endless, "--ignore-eos");
        await demo.ReadAsync(300); // past the lines that name the servers
        demo.Signal(WhorlProcess.Interrupt);
        Assert.Equal(130, (await demo.EndAsync()).Code);
    }

    [UnixFact]
    public async Task A_killed_demo_leaves_no_server_behind()
    {
        await using WhorlProcess demo = WhorlProcess.Start("demo", "-n", Endless, "--context", Endless, "--ignore-eos");
        await demo.ReadAsync(300);
        demo.Signal(WhorlProcess.Kill);
        await demo.AssertNothingLeftAsync();
    }

    [UnixFact]
    public async Task Ctrl_C_ends_a_server()
    {
        (WhorlProcess server, _) = await WhorlProcess.ServeAsync("bard", "--log-level", "warning");
        await using (server)
        {
            server.Signal(WhorlProcess.Interrupt);
            ProgramResult result = await server.EndAsync();
            Assert.Equal(0, result.Code);
            Assert.Equal("", result.Error);
        }
    }

    [UnixFact]
    public async Task A_request_to_terminate_ends_a_server()
    {
        (WhorlProcess server, _) = await WhorlProcess.ServeAsync("bard");
        await using (server)
        {
            server.Signal(WhorlProcess.Terminate);
            Assert.Equal(0, (await server.EndAsync()).Code);
        }
    }

    [UnixTheory]
    [InlineData("1", false)]
    [InlineData("600", true)]
    public async Task A_server_that_is_stopped_lets_a_text_go_on_until_its_time_is_over_or_it_is_asked_again(string grace, bool isAskedAgain)
    {
        using BrokenModel model = Patient();
        (WhorlProcess server, string address) = await WhorlProcess.ServeAsync(model.Folder, "--grace", grace, "--log-level", "info");
        await using (server)
        {
            await using WhorlProcess run = WhorlProcess.Start(
                "run", model.Folder, "ROMEO.\n", "-n", Endless, "--context", Endless, "--ignore-eos", "--servers", address);
            run.EndInput();
            await run.ReadAsync(20);
            server.Signal(WhorlProcess.Terminate);
            await run.ReadAsync(40); // it goes on
            if (isAskedAgain)
            {
                await using WhorlProcess late = WhorlProcess.Start(
                    "run", model.Folder, "ROMEO.\n", "-n", "5", "--servers", address, "--servers-only", "--wait", "0");
                late.EndInput();
                ProgramResult refused = await late.EndAsync();
                Assert.Equal(1, refused.Code);
                Assert.Contains("leaves", refused.Error, StringComparison.Ordinal);
                server.Signal(WhorlProcess.Interrupt);
            }

            ProgramResult left = await server.EndAsync();
            Assert.Equal(0, left.Code);
            Assert.Contains("cut short: 1", left.Error, StringComparison.Ordinal);
            run.Signal(WhorlProcess.Interrupt);
            await run.EndAsync();
        }
    }

    [UnixTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_server_that_is_stopped_or_drained_hands_its_text_to_another_one_and_ends(bool isDrained)
    {
        using BrokenModel model = Patient();
        string key = Path.Combine(model.Folder, "operator.key");
        PeerIdentity identity = await PeerIdentity.LoadOrCreateAsync(key, PeerKeyType.Ed25519, CancellationToken.None);
        (WhorlProcess leaving, string address) = await WhorlProcess.ServeAsync(
            model.Folder, "--log-level", "info", "--link-mbits", "100000", "--operator", identity.Id.ToString());
        await using (leaving)
        {
            (WhorlProcess staying, string other) = await WhorlProcess.ServeAsync(model.Folder, "--initial-peers", address);
            await using (staying)
            {
                string[] text = ["run", model.Folder, "ROMEO.\n", "-n", Endless, "--context", Endless, "--ignore-eos", "--seed", "1"];
                await using WhorlProcess run = WhorlProcess.Start([.. text, "--servers", $"{address},{other}", "--servers-only"]);
                run.EndInput();
                await run.ReadAsync(20);
                if (isDrained)
                {
                    ProgramResult refused = await WhorlProcess.RunAsync("drain", address);
                    Assert.Equal(1, refused.Code);
                    Assert.Contains("only an operator", refused.Error, StringComparison.Ordinal);
                    Assert.Equal(0, (await WhorlProcess.RunAsync("drain", address, "--identity", key)).Code);
                }
                else
                {
                    leaving.Signal(WhorlProcess.Terminate);
                }

                ProgramResult left = await leaving.EndAsync();
                Assert.Equal(0, left.Code);
                Assert.Contains("others go on with: 1", left.Error, StringComparison.Ordinal);
                await run.ReadAsync(1000); // it goes on
                run.Signal(WhorlProcess.Interrupt);
                string written = (await run.EndAsync()).Output;
                await using WhorlProcess alone = WhorlProcess.Start(text);
                alone.EndInput();
                await alone.ReadAsync(written.Length);
                alone.Signal(WhorlProcess.Interrupt);
                Assert.StartsWith(written.TrimEnd('\n'), (await alone.EndAsync()).Output, StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public async Task A_server_that_is_asked_to_ends_with_its_input()
    {
        (WhorlProcess server, _) = await WhorlProcess.ServeAsync("bard", "--blocks", "0..1", "--until-input-ends");
        await using (server)
        {
            server.EndInput();
            Assert.Equal(0, (await server.EndAsync()).Code);
        }
    }

    [UnixFact]
    public async Task A_server_killed_in_the_middle_of_a_text_whom_nobody_replaces_is_named_and_the_text_so_far_stands()
    {
        using BrokenModel model = Patient();
        (WhorlProcess server, string address) = await WhorlProcess.ServeAsync(model.Folder);
        await using (server)
        {
            await using WhorlProcess run = WhorlProcess.Start(
                "run", model.Folder, "ROMEO.\n", "-n", Endless, "--context", Endless, "--ignore-eos", "--servers", address, "--servers-only", "--wait", "0");
            run.EndInput();
            await run.ReadAsync(20);
            server.Signal(WhorlProcess.Kill);
            ProgramResult result = await run.EndAsync();
            Assert.Equal(1, result.Code);
            Assert.EndsWith("\n", result.Output, StringComparison.Ordinal);
            result.AssertOneLine(address, "0..5", "tokens in", "run this again", "--seed");
        }
    }

    /// <summary>A copy of the model that was made for endless texts, and so writes them without a warning.</summary>
    private static BrokenModel Patient() => new BrokenModel().Configure("max_position_embeddings", 100_000);
}
