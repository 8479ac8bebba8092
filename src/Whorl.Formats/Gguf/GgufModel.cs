using Microsoft.Win32.SafeHandles;

namespace Whorl.Formats;

/// <summary>A model in one GGUF file, or in the parts of a split one.</summary>
public sealed class GgufModel : ModelFile
{
    private GgufModel(string path, GgufMetadata metadata, FileCheckpoint checkpoint)
        : base(path, checkpoint) => Metadata = metadata;

    /// <summary>The key-value pairs: architecture, sizes, tokenizer; of a split file, the first part's.</summary>
    public GgufMetadata Metadata { get; }

    /// <summary>Opens a file; reads headers only.</summary>
    /// <param name="path">The file; of a split one (<c>name-00001-of-00003.gguf</c>) any part, the others lie beside it.</param>
    /// <param name="observer">Called after every read of weights with the tensor, the offset in it and the length.</param>
    /// <exception cref="ModelFormatException">A file or a part is missing or not well formed, or parts do not belong together.</exception>
    public static new GgufModel Open(string path, Action<TensorEntry, long, long>? observer = null)
    {
        string full = System.IO.Path.GetFullPath(path);
        Dictionary<string, SafeFileHandle> files = new(StringComparer.Ordinal);
        try
        {
            GgufHeader given = OpenPart(full, files);
            IReadOnlyList<string> paths = GgufSplit.PartsOf(full, given.Metadata);
            GgufHeader[] parts = [.. paths.Select(part => part == full ? given : OpenPart(part, files))];
            GgufSplit.Check(paths, parts);
            IEnumerable<TensorEntry> tensors = parts.SelectMany(part => part.Tensors.Concat(part.Absent));
            return new GgufModel(paths[0], parts[0].Metadata, new FileCheckpoint(tensors, files, observer));
        }
        catch
        {
            foreach (SafeFileHandle file in files.Values)
            {
                file.Dispose();
            }

            throw;
        }
    }

    private static GgufHeader OpenPart(string path, Dictionary<string, SafeFileHandle> files)
    {
        files.Add(path, TensorFile.Open(path));
        return GgufHeader.Read(files[path], path);
    }
}
