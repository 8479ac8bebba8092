using System.Text.Json.Nodes;
using Whorl.Formats;

namespace Whorl.Models.Tests;

/// <summary>The same weights under the names that other checkpoints of a family use.</summary>
public sealed class CheckpointNamesTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("whorl-names-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("language_model.model.")]
    [InlineData("model.language_model.")]
    public async Task A_gemma_3_inside_a_model_with_a_vision_tower_is_the_text_model(string trunk)
    {
        string original = GoldenCase.Of("gemma3_text").Folder;
        JsonNode text = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(original, "config.json")))!;
        JsonObject vision = new() { ["hidden_size"] = 8 };
        JsonObject config = new() { ["model_type"] = "gemma3", ["mm_tokens_per_image"] = 256, ["text_config"] = text, ["vision_config"] = vision };
        await File.WriteAllTextAsync(Path.Combine(_folder, "config.json"), config.ToJsonString());
        await CopyAsync(original, name => name.Replace("model.", trunk, StringComparison.Ordinal));
        AssertSameLogits(original);
    }

    [Theory]
    [InlineData("gpt2", "", "transformer.")]
    [InlineData("opt", "model.", "")]
    [InlineData("bloom_heads_odd", "transformer.", "")]
    public async Task A_prefix_that_some_checkpoints_carry_and_others_lack_makes_no_difference(string name, string from, string to)
    {
        string original = GoldenCase.Of(name).Folder;
        File.Copy(Path.Combine(original, "config.json"), Path.Combine(_folder, "config.json"));
        await CopyAsync(original, tensor => to + tensor[from.Length..]);
        AssertSameLogits(original);
    }

    private async Task CopyAsync(string from, Func<string, string> rename)
    {
        using FileCheckpoint weights = SafetensorsCheckpoint.Open(Path.Combine(from, "model.safetensors"));
        await SafetensorsWriter.WriteAsync(Path.Combine(_folder, "model.safetensors"), [.. weights.Names.Select(weights.Get).Select(Renamed)]);

        TensorSource Renamed(TensorEntry entry) =>
            new(rename(entry.Name), entry.ElementType, entry.Shape.AsSpan(), (offset, into) => weights.Read(entry, offset, into));
    }

    private void AssertSameLogits(string original)
    {
        using LoadedModel expected = new(original), renamed = new(_folder);
        int[] ids = [3, 99, 41, 7, 120];
        Assert.Equal(expected.Logits(ids), renamed.Logits(ids));
    }
}
