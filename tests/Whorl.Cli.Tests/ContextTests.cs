using System.Text.Json;
using Whorl.Testing;

namespace Whorl.Cli.Tests;

/// <summary>Sessions longer than a model was made for.</summary>
public sealed class ContextTests
{
    private static readonly Dictionary<string, string> Environment = [];

    [Fact]
    public async Task A_context_beyond_the_model_s_is_warned_of_and_tried()
    {
        ProgramResult result = await WhorlProcess.RunAsync(
            Environment, "run", "bard", "HAMLET.", "-n", "2", "--context", "100000", "--threads", "1", "--json");
        JsonElement json = result.Json();
        Assert.Equal("bard", json.GetProperty("model").GetString());
        Assert.Equal(2, json.GetProperty("ids").GetArrayLength());
        string warning = Assert.Single(result.Error.TrimEnd().Split('\n'));
        Assert.Contains("100000", warning, StringComparison.Ordinal);
        Assert.Contains("made for texts of", warning, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_context_beyond_learned_positions_is_refused()
    {
        string model = ReferenceData.PathOf("golden", "models", "gpt2");
        (await WhorlProcess.RunAsync(Environment, "run", model, "--prompt-ids", "1,2", "-n", "2", "--context", "65"))
            .AssertRefused("context is to be 65", "64 positions");
        (await WhorlProcess.RunAsync(Environment, "run", model, "--prompt-ids", "1,2", "-n", "2", "--context", "64", "--json")).AssertDone();
    }
}
