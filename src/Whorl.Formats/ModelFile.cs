namespace Whorl.Formats;

/// <summary>
/// A model on this machine's disk: a Hugging Face folder (<see cref="ModelFolder"/>) or a GGUF file (<see cref="GgufModel"/>).
/// </summary>
public abstract class ModelFile : IDisposable
{
    private protected ModelFile(string path, FileCheckpoint checkpoint)
    {
        Path = path;
        Checkpoint = checkpoint;
    }

    /// <summary>The full path of the folder or of the (first) GGUF file.</summary>
    public string Path { get; }

    /// <summary>The weights; disposed with the model.</summary>
    public FileCheckpoint Checkpoint { get; }

    /// <summary>Opens whichever of the two the path is; reads headers and configuration only.</summary>
    /// <param name="path">A folder with config.json and weights in safetensors, or a <c>.gguf</c> file (any part of a split one).</param>
    /// <param name="observer">
    /// Called after every read of weights with the tensor, the offset in it and the length, on the reading thread.
    /// </param>
    /// <exception cref="ModelFormatException">There is no such path, it is no model, or the model is not well formed.</exception>
    public static ModelFile Open(string path, Action<TensorEntry, long, long>? observer = null)
    {
        if (Directory.Exists(path))
        {
            return ModelFolder.Open(path, observer);
        }

        if (!File.Exists(path))
        {
            throw new ModelFormatException(path, "there is no such file or folder; give a Hugging Face folder or a .gguf file");
        }

        if (GgufHeader.HasMagic(path))
        {
            return GgufModel.Open(path, observer);
        }

        string folder = System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(path))!;
        string instead = File.Exists(System.IO.Path.Combine(folder, ModelFolder.ConfigFile)) ? $"give its folder, {folder}"
            : "give a .gguf file or a Hugging Face folder";
        throw new ModelFormatException(path, $"this is no GGUF file; {instead}");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Checkpoint.Dispose();
        GC.SuppressFinalize(this);
    }
}
