using System.Text.Json;

namespace Whorl.Models;

/// <summary>Collects the keys of a model's files that are not known, and tells of all of them in one line.</summary>
/// <param name="model">The model's folder or file.</param>
internal sealed class UnknownKeys(string model)
{
    private const int MostNames = 20;
    private const int LongestName = 80;

    private readonly List<(string File, IReadOnlyList<string> Keys)> _unknown = [];
    private readonly List<string> _generation = [];

    /// <summary>A line for the unknown keys and one for what a generation asks for, where there is something to tell.</summary>
    public IReadOnlyList<string> Warnings => [.. new[] { OfUnknown(), OfGeneration() }.OfType<string>()];

    /// <summary>Adds a file's keys; none is fine.</summary>
    public void Add(string file, IReadOnlyList<string> keys)
    {
        if (keys.Count > 0)
        {
            _unknown.Add((file, keys));
        }
    }

    /// <summary>
    /// Adds those of generation_config.json. What it asks for and is not supported is no reason to refuse the model: the logits are the
    /// same, and these are defaults of a text that the user may write in many other ways.
    /// </summary>
    public void AddGeneration(JsonElement config)
    {
        ConfigReader reader = new(config, GenerationConfig.FileName) { Keys = KnownKeys.OfGeneration };
        GenerationConfig.Understand(reader);
        Add(GenerationConfig.FileName, reader.Unread((key, value, known) =>
            _generation.Add($"{Clean(key)} = {Clean(ConfigReader.Short(value))} would {known.Effect}")));
    }

    private static string List(IReadOnlyList<string> names) =>
        string.Join(", ", names.Take(MostNames).Select(Clean)) + (names.Count > MostNames ? $" and {names.Count - MostNames} more" : "");

    /// <summary>A name from a stranger's file may be long or hold control characters.</summary>
    private static string Clean(string name) =>
        string.Concat(name.Take(LongestName).Select(letter => char.IsControl(letter) ? '?' : letter))
        + (name.Length > LongestName ? "…" : "");

    private string? OfUnknown() => _unknown.Count == 0
        ? null
        : $"{model}: keys that are not known here and are passed over: "
            + string.Join("; ", _unknown.Select(part => $"{part.File}: {List(part.Keys)}"));

    private string? OfGeneration() => _generation.Count == 0
        ? null
        : $"{model}: {GenerationConfig.FileName} asks for what is not done here: {string.Join("; ", _generation.Take(MostNames))}";
}
