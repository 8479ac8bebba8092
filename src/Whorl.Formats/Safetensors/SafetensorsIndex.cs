using System.Text.Json;

namespace Whorl.Formats;

/// <summary>Which shard holds which tensor: <c>{"weight_map": {tensor: file}}</c> of a <c>model.safetensors.index.json</c>.</summary>
public sealed class SafetensorsIndex
{
    private readonly Dictionary<string, string> _fileOf = new(StringComparer.Ordinal);

    private SafetensorsIndex(string path) => Path = path;

    /// <summary>The full path of the index.</summary>
    public string Path { get; }

    /// <summary>The shards as the index names them, each once, sorted: their ways from its folder, with slashes.</summary>
    public IReadOnlyList<string> Names { get; private set; } = [];

    /// <summary>The full paths of the shards, in the order of <see cref="Names"/>.</summary>
    public IReadOnlyList<string> Files { get; private set; } = [];

    /// <summary>Every tensor's name with the full path of its shard.</summary>
    public IReadOnlyDictionary<string, string> Tensors => _fileOf;

    /// <summary>The full path of the shard that holds a tensor, or null for a tensor the index does not name.</summary>
    public string? FileOf(string tensor) => _fileOf.GetValueOrDefault(tensor);

    /// <summary>Reads an index; whether the shards exist is not looked at.</summary>
    /// <exception cref="ModelFormatException">It is missing or not well formed, or names a file outside its folder.</exception>
    public static SafetensorsIndex Read(string path)
    {
        SafetensorsIndex index = new(System.IO.Path.GetFullPath(path));
        JsonElement root = HuggingFaceJson.Read(index.Path);
        if (!root.TryGetProperty("weight_map", out JsonElement map) || map.ValueKind != JsonValueKind.Object)
        {
            throw new ModelFormatException(index.Path, "the index has no object 'weight_map'; download it again");
        }

        string folder = System.IO.Path.GetDirectoryName(index.Path)!;
        SortedSet<string> names = new(StringComparer.Ordinal);
        foreach (JsonProperty tensor in map.EnumerateObject())
        {
            string? file = tensor.Value.ValueKind == JsonValueKind.String ? tensor.Value.GetString() : null;
            if (file is null || !HubPaths.IsSafe(file)) // a hostile index must not lead out of its folder, on any system
            {
                throw new ModelFormatException(index.Path, "the index must name a file in its folder, or in one below", tensor.Name);
            }

            names.Add(file);
            if (!index._fileOf.TryAdd(tensor.Name, System.IO.Path.Combine(folder, HubPaths.Local(file))))
            {
                throw new ModelFormatException(index.Path, "the index names this tensor twice", tensor.Name);
            }
        }

        index.Names = [.. names];
        index.Files = [.. names.Select(name => System.IO.Path.Combine(folder, HubPaths.Local(name)))];
        return index;
    }
}
