using System.Text.Json;

namespace Whorl.Formats;

/// <summary>A folder as the Hugging Face hub has them: config.json, tokenizer files, weights in safetensors.</summary>
public sealed class ModelFolder : ModelFile
{
    internal const string ConfigFile = "config.json";
    private const string Weights = "model.safetensors";
    private const string WeightsIndex = "model.safetensors.index.json";

    private ModelFolder(string path, JsonElement config, FileCheckpoint checkpoint)
        : base(path, checkpoint)
    {
        Config = config;
        GenerationConfig = FindJson("generation_config.json");
    }

    /// <summary>config.json, an object.</summary>
    public JsonElement Config { get; }

    /// <summary>generation_config.json, an object, or null where the folder has none.</summary>
    public JsonElement? GenerationConfig { get; }

    /// <summary>Opens a folder; reads configuration and headers only.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="observer">Called after every read of weights with the tensor, the offset in it and the length.</param>
    /// <exception cref="ModelFormatException">
    /// It has no config.json or no safetensors, a shard is missing, or a file is not well formed.
    /// </exception>
    public static new ModelFolder Open(string path, Action<TensorEntry, long, long>? observer = null)
    {
        string full = System.IO.Path.GetFullPath(path);
        JsonElement config = ReadConfig(full);
        FileCheckpoint checkpoint = OpenWeights(full, observer);
        try
        {
            return new ModelFolder(full, config, checkpoint);
        }
        catch
        {
            checkpoint.Dispose();
            throw;
        }
    }

    /// <summary>Reads config.json alone, for a folder whose weights may be elsewhere.</summary>
    /// <exception cref="ModelFormatException">It is missing or no JSON object.</exception>
    public static JsonElement ReadConfig(string folder)
    {
        string path = System.IO.Path.Combine(folder, ConfigFile);
        if (File.Exists(path))
        {
            return HuggingFaceJson.Read(path);
        }

        if (!Directory.Exists(folder))
        {
            throw new ModelFormatException(folder, "there is no such folder");
        }

        string advice = GgufAdvice(folder) ?? "give a Hugging Face model folder or a .gguf file";
        throw new ModelFormatException(folder, $"the folder has no {ConfigFile}; {advice}");
    }

    /// <summary>The full path of one of the folder's files, as tokenizer.json, or null where it is not there.</summary>
    /// <param name="name">A file's name, no path.</param>
    public string? FindFile(string name)
    {
        string file = System.IO.Path.Combine(Path, name);
        return File.Exists(file) ? file : null;
    }

    /// <summary>One of the folder's JSON files, as tokenizer_config.json, or null where it is not there.</summary>
    /// <param name="name">A file's name, no path.</param>
    /// <exception cref="ModelFormatException">It is there and no JSON object.</exception>
    public JsonElement? FindJson(string name) => FindFile(name) is { } file ? HuggingFaceJson.Read(file) : null;

    /// <summary>One of a folder's JSON files, for a folder that need not be a whole model; null where it is not there.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="name">A file's name, no path.</param>
    /// <exception cref="ModelFormatException">It is there and no JSON object.</exception>
    public static JsonElement? FindJson(string folder, string name) =>
        System.IO.Path.Combine(folder, name) is var file && File.Exists(file) ? HuggingFaceJson.Read(file) : null;

    private static FileCheckpoint OpenWeights(string folder, Action<TensorEntry, long, long>? observer)
    {
        foreach (string name in (string[])[Weights, WeightsIndex])
        {
            string path = System.IO.Path.Combine(folder, name);
            if (File.Exists(path))
            {
                return SafetensorsCheckpoint.Open(path, observer);
            }
        }

        throw new ModelFormatException(folder, WhyNoWeights(folder));
    }

    private static string WhyNoWeights(string folder)
    {
        if (NamesIn(folder, "*.safetensors") is [string other, ..])
        {
            return $"the folder has {other}, but neither {Weights} nor {WeightsIndex}; rename the one, or download the index";
        }

        string[] pickled = [.. NamesIn(folder, "*.bin"), .. NamesIn(folder, "*.pt"), .. NamesIn(folder, "*.pth")];
        return pickled is [string first, ..]
            ? $"the weights are pickled ({first}), a format that runs code when it is read; convert them to safetensors"
            : $"the folder has no weights ({Weights} or {WeightsIndex}); {GgufAdvice(folder) ?? "download them"}";
    }

    private static string? GgufAdvice(string folder) =>
        NamesIn(folder, "*.gguf") is [string first, ..]
            ? $"to use the GGUF file in it, give {System.IO.Path.Combine(folder, first)}"
            : null;

    private static string[] NamesIn(string folder, string pattern) =>
        [.. Directory.EnumerateFiles(folder, pattern).Select(path => System.IO.Path.GetFileName(path)).Order(StringComparer.Ordinal)];
}
