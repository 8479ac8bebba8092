using System.Text.Json.Nodes;
using Whorl.Formats;

namespace Whorl.Models.Tests;

/// <summary>Copies of a golden model that hold the same values in other forms.</summary>
internal sealed class StoredForms : IDisposable
{
    /// <summary>Where they lie until disposal.</summary>
    public string Root { get; } = Directory.CreateTempSubdirectory("whorl-forms-").FullName;

    /// <summary>Writes a folder: the golden model's, some tensors replaced by others, and some keys of its config changed.</summary>
    /// <param name="golden">The golden model's folder.</param>
    /// <param name="replace">What stands for a tensor in the copy: itself where it is null.</param>
    /// <param name="config">Changes the config.</param>
    public async Task<string> FolderAsync(
        string golden, Func<TensorEntry, IReadOnlyList<TensorSource>?> replace, Action<JsonObject>? config = null)
    {
        string folder = Directory.CreateDirectory(Path.Combine(Root, Guid.NewGuid().ToString("N"))).FullName;
        JsonObject json = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(golden, "config.json")))!.AsObject();
        config?.Invoke(json);
        await File.WriteAllTextAsync(Path.Combine(folder, "config.json"), json.ToJsonString());
        using FileCheckpoint checkpoint = SafetensorsCheckpoint.Open(Path.Combine(golden, "model.safetensors"));
        await SafetensorsWriter.WriteAsync(Path.Combine(folder, "model.safetensors"), Replaced(checkpoint, replace));
        return folder;
    }

    /// <summary>Writes a GGUF file: the golden twin's, some tensors replaced by others, and some metadata added.</summary>
    public async Task<string> GgufAsync(
        string golden, Func<TensorEntry, IReadOnlyList<TensorSource>?> replace, Action<Dictionary<string, object>> metadata)
    {
        string path = Path.Combine(Root, $"{Guid.NewGuid():N}.gguf");
        using GgufModel model = GgufModel.Open(golden);
        Dictionary<string, object> changed = new(model.Metadata);
        metadata(changed);
        await GgufWriter.WriteAsync(path, changed, Replaced(model.Checkpoint, replace));
        return path;
    }

    public void Dispose() => Directory.Delete(Root, recursive: true);

    private static List<TensorSource> Replaced(ICheckpoint checkpoint, Func<TensorEntry, IReadOnlyList<TensorSource>?> replace) =>
        [.. checkpoint.Names.Select(name => checkpoint.Get(name)).SelectMany(
            entry => replace(entry) ?? [TensorSource.FromCheckpoint(checkpoint, entry)])];
}
