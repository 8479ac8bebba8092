using System.Text.Json;

namespace Whorl.Formats;

/// <summary>Which shard holds which tensor: <c>{"weight_map": {tensor: file}}</c> of a <c>model.safetensors.index.json</c>.</summary>
public sealed class SafetensorsIndex
{
    private readonly Dictionary<string, string> _fileOf = new(StringComparer.Ordinal);

    private SafetensorsIndex(string path) => Path = path;

    /// <summary>The full path of the index.</summary>
    public string Path { get; }

    /// <summary>The full paths of the shards, each once, by name.</summary>
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
        foreach (JsonProperty tensor in map.EnumerateObject())
        {
            string? file = tensor.Value.ValueKind == JsonValueKind.String ? tensor.Value.GetString() : null;
            if (!IsPlainName(file))
            {
                throw new ModelFormatException(index.Path, "the index must give a file's name in the same folder", tensor.Name);
            }

            if (!index._fileOf.TryAdd(tensor.Name, System.IO.Path.Combine(folder, file!)))
            {
                throw new ModelFormatException(index.Path, "the index names this tensor twice", tensor.Name);
            }
        }

        index.Files = [.. index._fileOf.Values.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        return index;
    }

    /// <summary>A hostile index must not lead out of its folder, on any system.</summary>
    private static bool IsPlainName(string? file) =>
        !string.IsNullOrEmpty(file) && file is not ("." or "..") && file.IndexOfAny(['/', '\\', ':', '\0']) < 0;
}
