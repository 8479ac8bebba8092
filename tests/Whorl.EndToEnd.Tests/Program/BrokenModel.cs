using System.Text.Json.Nodes;
using Whorl.Formats;

namespace Whorl.EndToEnd.Tests.Program;

/// <summary>A copy of the built-in model, in a folder of its own, to be damaged.</summary>
internal sealed class BrokenModel : IDisposable
{
    public BrokenModel()
    {
        Folder = Directory.CreateTempSubdirectory("whorl-").FullName;
        foreach (string file in Directory.GetFiles(Original))
        {
            File.Copy(file, Path.Combine(Folder, Path.GetFileName(file)));
            File.SetAttributes(Path.Combine(Folder, Path.GetFileName(file)), FileAttributes.Normal);
        }
    }

    public string Folder { get; }

    public string Weights => Path.Combine(Folder, "model.safetensors");

    private static string Original => Path.Combine(AppContext.BaseDirectory, "models", "bard");

    /// <summary>Changes config.json.</summary>
    public BrokenModel Configure(string key, JsonNode? value)
    {
        string file = Path.Combine(Folder, "config.json");
        JsonObject config = JsonNode.Parse(File.ReadAllText(file))!.AsObject();
        config[key] = value;
        File.WriteAllText(file, config.ToJsonString());
        return this;
    }

    /// <summary>Writes the weights anew, each tensor as it is told, or not at all.</summary>
    public async Task RewriteAsync(Func<TensorEntry, TensorSource, TensorSource?> change)
    {
        using FileCheckpoint original = SafetensorsCheckpoint.Open(Path.Combine(Original, "model.safetensors"));
        List<TensorSource> tensors =
            [.. original.Names.Select(name => original.Get(name)).Select(entry => change(entry, TensorSource.FromCheckpoint(original, entry))).OfType<TensorSource>()];
        await SafetensorsWriter.WriteAsync(Weights, tensors, null, CancellationToken.None);
    }

    /// <summary>Cuts the end of the weights off.</summary>
    public void Truncate(int bytes)
    {
        using FileStream file = File.OpenWrite(Weights);
        file.SetLength(file.Length - bytes);
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
