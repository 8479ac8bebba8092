using Whorl.EndToEnd.Tests.Program;
using Whorl.Testing;

namespace Whorl.EndToEnd.Tests;

/// <summary>A model in a program's own process, as the README shows it.</summary>
public sealed class InProcessTests
{
    [Fact]
    public async Task The_readme_s_example_is_this_code()
    {
        string[] code = await File.ReadAllLinesAsync(
            Path.Combine(ReferenceData.Checkout, "tests", "Whorl.EndToEnd.Tests", $"{nameof(InProcessExample)}.cs"));
        string readme = await File.ReadAllTextAsync(Path.Combine(ReferenceData.Checkout, "README.md"));
        const string Indentation = "        ";
        IEnumerable<string> body = code.SkipWhile(line => !line.StartsWith(Indentation, StringComparison.Ordinal)).TakeWhile(line => line != "    }");
        string expected = string.Join('\n', body.Select(line => line.Length > 0 ? line[Indentation.Length..] : line));
        Assert.Contains($"```csharp\n{expected}\n```", readme, StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_writes_what_the_program_writes()
    {
        using StringWriter output = new();
        await InProcessExample.WriteAsync(
            Path.Combine(AppContext.BaseDirectory, "models", "bard"), "HAMLET.", output, CancellationToken.None);
        ProgramResult result = await WhorlProcess.RunAsync(
            "run", "bard", "HAMLET.", "-n", "40", "-t", "0.8", "--top-k", "0", "--top-p", "1", "--min-p", "0", "--repetition-penalty", "1",
            "--seed", "7", "--ignore-eos", "--json");
        Assert.Equal(result.Json.GetProperty("text").GetString(), output.ToString());
    }
}
