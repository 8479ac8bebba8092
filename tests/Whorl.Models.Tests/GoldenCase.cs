using System.Text.Json;
using Whorl.Formats;
using Whorl.Testing;

namespace Whorl.Models.Tests;

/// <summary>A tiny model with the reference's outputs.</summary>
internal sealed class GoldenCase
{
    private readonly JsonElement _index;
    private readonly string _folder;

    private GoldenCase(JsonElement index)
    {
        _index = index;
        Name = index.GetProperty("case").GetString()!;
        _folder = ReferenceData.PathOf("golden", "models", Name);
    }

    /// <summary>Cases of families that are there.</summary>
    public static IEnumerable<string> Names { get; } = NamesOf(known: true);

    /// <summary>Cases of families that are not there yet.</summary>
    public static IEnumerable<string> NamesOfOtherFamilies { get; } = NamesOf(known: false);

    public string Name { get; }

    public string Folder => _folder;

    /// <summary>The family, as its config names it.</summary>
    public string ModelType => ModelFolder.ReadConfig(_folder).GetProperty("model_type").GetString()!;

    /// <summary>GGUF twins of the case: file and the expectation that belongs to it.</summary>
    public IEnumerable<(string File, string Expected)> Twins => !_index.TryGetProperty("gguf", out JsonElement twins)
        ? []
        : twins.EnumerateObject().Select(t => (Path.Combine(_folder, t.Name), Path.Combine(_folder, ExpectedOf(t.Name))));

    public static GoldenCase Of(string name) => All().Single(c => c.Name == name);

    public double Tolerance(string kind) => _index.GetProperty("tolerance").TryGetProperty(kind, out JsonElement value) ? value.GetDouble() : 2e-5;

    public static GoldenTensors Expected(string file) => new(file);

    public GoldenTensors Expected() => new(Path.Combine(_folder, "expected.safetensors"));

    private static string[] NamesOf(bool known) =>
        [.. All().Where(c => ModelFamily.All.Any(f => f.ModelType == c.ModelType || f.Aliases.Contains(c.ModelType)) == known).Select(c => c.Name)];

    private static IEnumerable<GoldenCase> All() =>
        JsonDocument.Parse(File.ReadAllText(ReferenceData.PathOf("golden", "models", "index.json"))).RootElement.GetProperty("cases").EnumerateArray().Select(c => new GoldenCase(c));

    private string ExpectedOf(string twin)
    {
        string own = twin == "model.gguf" ? "expected.gguf.safetensors" : twin.Replace("model", "expected", StringComparison.Ordinal).Replace("gguf", "safetensors", StringComparison.Ordinal);
        return File.Exists(Path.Combine(_folder, own)) ? own : "expected.safetensors";
    }
}
