using System.Text.Json;

namespace Whorl.EndToEnd.Tests.Program;

/// <summary>What a run of the program came to.</summary>
/// <param name="Code">Its exit code.</param>
/// <param name="Output">Its standard output.</param>
/// <param name="Error">Its standard error.</param>
internal sealed record ProgramResult(int Code, string Output, string Error)
{
    /// <summary>The one JSON object that must be all of its standard output.</summary>
    public JsonElement Json
    {
        get
        {
            Assert.True(Code == 0, $"exit code {Code}: {Error}");
            Assert.DoesNotContain('\n', Output.TrimEnd('\n'));
            using JsonDocument document = JsonDocument.Parse(Output);
            return document.RootElement.Clone();
        }
    }

    /// <summary>Checks that it refused, in one line that says all of the words.</summary>
    public void AssertRefused(params string[] words)
    {
        Assert.NotEqual(0, Code);
        Assert.Equal("", Output);
        AssertOneLine(words);
    }

    /// <summary>Checks that standard error is one line that says all of the words.</summary>
    public void AssertOneLine(params string[] words)
    {
        Assert.True(Error.TrimEnd('\n').Split('\n').Length == 1 && Error.Trim().Length > 0, $"not one line: {Error}");
        foreach (string word in words)
        {
            Assert.Contains(word, Error, StringComparison.OrdinalIgnoreCase);
        }
    }
}
