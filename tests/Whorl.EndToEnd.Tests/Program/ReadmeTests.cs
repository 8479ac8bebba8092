using System.Text.RegularExpressions;
using Whorl.EndToEnd.Tests.Models;
using Whorl.Testing;

namespace Whorl.EndToEnd.Tests.Program;

/// <summary>What the README says can be typed does what it says.</summary>
public sealed partial class ReadmeTests
{
    private static string Readme => File.ReadAllText(Path.Combine(ReferenceData.Checkout, "README.md"));

    [Fact]
    public async Task The_quick_start_s_demo_writes_the_same_text_through_three_servers()
    {
        string line = Lines().Single(l => l.Contains("--project src/Whorl.Cli", StringComparison.Ordinal));
        string[] arguments = Words(line.Split(" -- ")[1]);
        ProgramResult result = await WhorlProcess.RunAsync([.. arguments, "-n", "30"]);
        Assert.Equal(0, result.Code);
        Assert.Equal(3, result.Output.Split("holds blocks").Length - 1);
        Assert.Contains("the same, byte for byte", result.Output, StringComparison.Ordinal);
    }

    [ReferenceFact("models/SmolLM2-135M-Instruct.Q4_1.gguf")]
    public async Task The_question_is_answered_as_the_quick_start_says()
    {
        string[] parts = Readme.Split('\n').Single(l => l.StartsWith("whorl run SmolLM2", StringComparison.Ordinal)).Split('#');
        ProgramResult result = await WhorlProcess.RunAsync(["run", SmolLm2.File, .. Words(parts[0])[3..]]);
        Assert.Equal((0, parts[1].Trim()), (result.Code, result.Output.Trim()));
    }

    [Fact]
    public async Task The_swarm_is_found_by_the_address_that_its_first_command_prints()
    {
        string[][] swarm = SwarmCommands();
        List<WhorlProcess> running = [];
        try
        {
            WhorlProcess node = WhorlProcess.Start(swarm[0]);
            running.Add(node);
            string address = Multiaddress().Match((await node.ReadLineAsync())!).Value;
            string[] Joined(string[] command) => [.. command.Select(word => word == "ADDRESS" ? address : word)];
            foreach (string[] server in swarm[1..^1])
            {
                running.Add((await WhorlProcess.ServeAsync(Joined(server)[1..])).Server);
            }

            string[] more = ["--json", "-n", "12", "--seed", "4"];
            System.Text.Json.JsonElement through = (await WhorlProcess.RunAsync([.. Joined(swarm[^1]), .. more])).Json;
            System.Text.Json.JsonElement alone = (await WhorlProcess.RunAsync([.. swarm[^1].TakeWhile(w => w != "--initial-peers"), .. more])).Json;
            Assert.Equal(SmolLm2.Numbers(alone, "ids"), SmolLm2.Numbers(through, "ids"));
            Assert.Equal(2, through.GetProperty("chain").GetArrayLength());
        }
        finally
        {
            foreach (WhorlProcess process in running)
            {
                await process.DisposeAsync();
            }
        }
    }

    /// <summary>What the README says makes a swarm: a bootstrap node, two servers, a client; without the program's name.</summary>
    internal static string[][] SwarmCommands()
    {
        string[][] swarm = [.. Lines().Where(l => l.StartsWith("whorl dht", StringComparison.Ordinal) || l.Contains("ADDRESS", StringComparison.Ordinal)).Select(l => Words(l)[1..])];
        Assert.Equal(["dht", "serve", "serve", "run"], swarm.Select(c => c[0]));
        return swarm;
    }

    /// <summary>Lines of the blocks marked as bash, without comments.</summary>
    private static IEnumerable<string> Lines() => BashBlock().Matches(Readme).SelectMany(m => m.Groups[1].Value.Split('\n')).Select(l => l.Split('#')[0].Trim());

    private static string[] Words(string line) => [.. Word().Matches(line).Select(m => m.Value.Trim('"'))];

    [GeneratedRegex("```bash\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex BashBlock();

    [GeneratedRegex("\"[^\"]*\"|\\S+")]
    private static partial Regex Word();

    [GeneratedRegex(@"/ip4/\S+/p2p/\w+")]
    private static partial Regex Multiaddress();
}
