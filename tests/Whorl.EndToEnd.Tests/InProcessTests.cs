using System.Diagnostics;
using Whorl.EndToEnd.Tests.Program;
using Whorl.Testing;

namespace Whorl.EndToEnd.Tests;

/// <summary>A model in a program's own process, as the README shows it: the sample is that program.</summary>
public sealed class InProcessTests
{
    [Fact]
    public async Task The_readme_s_program_is_the_sample_that_is_compiled()
    {
        string code = await File.ReadAllTextAsync(Path.Combine(ReferenceData.Checkout, "samples", "InProcess", "Program.cs"));
        string readme = await File.ReadAllTextAsync(Path.Combine(ReferenceData.Checkout, "README.md"));
        Assert.Contains($"```csharp\n{code}```", readme, StringComparison.Ordinal);
        Assert.Equal(2, readme.Split("```csharp").Length); // another one would be compiled by nobody
    }

    [Fact]
    public async Task It_writes_what_the_program_writes()
    {
        string bard = Path.Combine(AppContext.BaseDirectory, "models", "bard");
        ProcessStartInfo start = new("dotnet", [Path.Combine(AppContext.BaseDirectory, "in-process.dll"), bard, "HAMLET."]) { RedirectStandardOutput = true };
        using Process sample = Process.Start(start)!;
        string written = await sample.StandardOutput.ReadToEndAsync();
        await sample.WaitForExitAsync();
        Assert.Equal(0, sample.ExitCode);
        ProgramResult result = await WhorlProcess.RunAsync(
            "run", "bard", "HAMLET.", "-n", "40", "-t", "0.8", "--top-k", "0", "--top-p", "1", "--min-p", "0", "--repetition-penalty", "1",
            "--seed", "7", "--json");
        Assert.Equal(result.Json.GetProperty("text").GetString() + Environment.NewLine, written);
    }
}
