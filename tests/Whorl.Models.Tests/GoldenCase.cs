using System.Text.Json;
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

    /// <summary>Cases of families that are there; one dummy where the data are absent.</summary>
    public static IEnumerable<string> Names { get; } = ReferenceData.Root is null ? ["absent"] : [.. All().Where(c => IsKnown(c._folder)).Select(c => c.Name)];

    public string Name { get; }

    public string Folder => _folder;

    /// <summary>GGUF twins of the case: file and the expectation that belongs to it.</summary>
    public IEnumerable<(string File, string Expected)> Twins => !_index.TryGetProperty("gguf", out JsonElement twins)
        ? []
        : twins.EnumerateObject().Select(t => (Path.Combine(_folder, t.Name), Path.Combine(_folder, ExpectedOf(t.Name))));

    public static GoldenCase Of(string name) => All().Single(c => c.Name == name);

    public double Tolerance(string kind) => _index.GetProperty("tolerance").TryGetProperty(kind, out JsonElement value) ? value.GetDouble() : 2e-5;

    public static GoldenTensors Expected(string file) => new(file);

    public GoldenTensors Expected() => new(Path.Combine(_folder, "expected.safetensors"));

    /// <summary>
    /// Changes a model's shape where the reference deviates from the family's definition, so that everything else is still compared.
    /// </summary>
    /// <remarks>
    /// Falcon with ALiBi: transformers' eager attention, which the reference used, adds the bias twice, once itself and once with the mask that
    /// already holds it. Its other implementations, the authors' code and Whorl add it once. Doubled slopes give the reference's scores exactly.
    /// </remarks>
    public DecoderSpec AsTheReferenceComputes(DecoderSpec spec) => Name != "falcon_rw" ? spec : spec with
    {
        Blocks = [.. spec.Blocks.Select(b => b with { Mixer = DoubleSlopes((AttentionLayerSpec)b.Mixer) })],
    };

    private static AttentionLayerSpec DoubleSlopes(AttentionLayerSpec attention) =>
        attention with { AlibiSlopes = [.. attention.AlibiSlopes!.Select(slope => 2 * slope)] };

    private static bool IsKnown(string folder)
    {
        string type = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "config.json"))).RootElement.GetProperty("model_type").GetString()!;
        return ModelFamily.All.Any(f => f.ModelType == type || f.Aliases.Contains(type));
    }

    private static IEnumerable<GoldenCase> All() =>
        JsonDocument.Parse(File.ReadAllText(ReferenceData.PathOf("golden", "models", "index.json"))).RootElement.GetProperty("cases").EnumerateArray().Select(c => new GoldenCase(c));

    private string ExpectedOf(string twin)
    {
        string own = twin == "model.gguf" ? "expected.gguf.safetensors" : twin.Replace("model", "expected", StringComparison.Ordinal).Replace("gguf", "safetensors", StringComparison.Ordinal);
        return File.Exists(Path.Combine(_folder, own)) ? own : "expected.safetensors";
    }
}
