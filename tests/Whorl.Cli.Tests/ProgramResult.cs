using System.Text.Json;

namespace Whorl.Cli.Tests;

/// <summary>What a run of the program came to.</summary>
/// <param name="Code">Its exit code.</param>
/// <param name="Output">Its standard output.</param>
/// <param name="Error">Its standard error.</param>
internal sealed record ProgramResult(int Code, string Output, string Error)
{
    /// <summary>The one JSON object that must be all of its standard output.</summary>
    public JsonElement Json()
    {
        AssertDone();
        using JsonDocument document = JsonDocument.Parse(Output);
        return document.RootElement.Clone();
    }

    /// <summary>Checks that it did what it should.</summary>
    public ProgramResult AssertDone()
    {
        Assert.True(Code == 0, $"exit code {Code}: {Error}");
        return this;
    }

    /// <summary>Checks that it refused, in one line that says all of the words.</summary>
    public void AssertRefused(params string[] words)
    {
        Assert.Equal((1, ""), (Code, Output));
        Assert.StartsWith("whorl: ", Error, StringComparison.Ordinal);
        Assert.Single(Error.TrimEnd().Split('\n'));
        Assert.All(words, word => Assert.Contains(word, Error, StringComparison.Ordinal));
    }
}
