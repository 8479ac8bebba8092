using System.Diagnostics;
using System.Text.RegularExpressions;
using Whorl.EndToEnd.Tests.Program;
using Whorl.Testing;

namespace Whorl.EndToEnd.Tests;

/// <summary>The programs under samples, which the README shows as they are compiled.</summary>
public sealed partial class SampleTests
{
    [Fact]
    public async Task Every_program_that_the_readme_shows_is_a_sample()
    {
        string readme = await File.ReadAllTextAsync(Path.Combine(ReferenceData.Checkout, "README.md"));
        string[] shown = [.. CSharp().Matches(readme).Select(m => m.Groups[1].Value)];
        Assert.Equal([await CodeAsync("InProcess"), await CodeAsync("ChatClient")], shown);
    }

    [Fact]
    public async Task A_text_in_pieces_is_what_the_program_writes()
    {
        ProgramResult result = await WhorlProcess.RunAsync("run", "bard", "HAMLET.", "-n", "40", "--seed", "7", "--json");
        Assert.Equal(result.Json.GetProperty("text").GetString(), await RunAsync("in-process", "bard", "HAMLET."));
    }

    [Fact]
    public async Task A_chat_client_answers_as_the_program_does()
    {
        ProgramResult result = await WhorlProcess.RunAsync(
            "run", "bard", "Who art thou?", "--chat", "--system", "Answer in one sentence.", "-n", "40", "--seed", "7", "--json", "--context", "1024");
        string text = result.Json.GetProperty("text").GetString()!;
        string ended = result.Json.GetProperty("stop_reason").GetString() == "max_tokens" ? "length" : "stop";
        int tokens = result.Json.GetProperty("ids").GetArrayLength();
        Assert.Equal($"{text} [{tokens} tokens, ended by {ended}]{Environment.NewLine}", await RunAsync("chat-client", "bard", "Who art thou?"));
    }

    [Fact]
    public async Task The_same_bytes_come_over_two_servers()
    {
        (WhorlProcess first, string left) = await WhorlProcess.ServeAsync("bard", "--blocks", "0..2", "--listen", "127.0.0.1:0");
        await using (first)
        {
            (WhorlProcess second, string right) = await WhorlProcess.ServeAsync("bard", "--blocks", "3..5", "--listen", "127.0.0.1:0");
            await using (second)
            {
                string written = await RunAsync("same-bytes", "bard", "HAMLET.", left, right);
                Assert.Contains($"blocks 0..2 were computed by {left}", written, StringComparison.Ordinal);
                Assert.Contains($"blocks 3..5 were computed by {right}", written, StringComparison.Ordinal);
                Assert.EndsWith("the same bytes as in one process" + Environment.NewLine, written, StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public async Task A_text_goes_on_when_the_only_holder_of_its_blocks_is_killed_and_comes_back()
    {
        string written = await RunAsync("survives-kills", "bard", "HAMLET.", Path.Combine(AppContext.BaseDirectory, "whorl.dll"));
        Assert.Contains("[server killed]", written, StringComparison.Ordinal);
        Assert.Contains("blocks 3..5 were lost and came back: ", written, StringComparison.Ordinal);
        Assert.EndsWith("the same bytes as undisturbed" + Environment.NewLine, written, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Hidden_states_are_told_at_every_boundary()
    {
        string[] lines = (await RunAsync("hidden-states", "bard", "HAMLET.")).TrimEnd().Split(Environment.NewLine);
        Assert.Equal(7, lines.Length); // the built-in model has six blocks
        Assert.All(lines, (line, k) => Assert.StartsWith($"boundary {k}: length ", line, StringComparison.Ordinal));
    }

    private static Task<string> CodeAsync(string sample) =>
        File.ReadAllTextAsync(Path.Combine(ReferenceData.Checkout, "samples", sample, "Program.cs"));

    private static async Task<string> RunAsync(string sample, params string[] arguments)
    {
        ProcessStartInfo start = new("dotnet", [Path.Combine(AppContext.BaseDirectory, sample + ".dll"), .. arguments]) { RedirectStandardOutput = true };
        using Process process = Process.Start(start)!;
        string written = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.Equal(0, process.ExitCode);
        return written;
    }

    [GeneratedRegex("```csharp\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex CSharp();
}
