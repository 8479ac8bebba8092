using Microsoft.Win32.SafeHandles;

namespace Whorl.Formats;

/// <summary>Opens safetensors files as checkpoints.</summary>
public static class SafetensorsCheckpoint
{
    /// <summary>Opens one file, or the shards that a <c>*.safetensors.index.json</c> names.</summary>
    /// <param name="path">A <c>.safetensors</c> file or an index.</param>
    /// <param name="observer">Called after every read with the tensor, the offset in it and the length.</param>
    /// <exception cref="ModelFormatException">A file is missing or not well formed, or a shard lacks a tensor of the index.</exception>
    public static FileCheckpoint Open(string path, Action<TensorEntry, long, long>? observer = null)
    {
        string full = Path.GetFullPath(path);
        return full.EndsWith(".json", StringComparison.OrdinalIgnoreCase)
            ? OpenShards(SafetensorsIndex.Read(full), observer)
            : OpenFiles([full], (_, _) => true, observer);
    }

    private static FileCheckpoint OpenShards(SafetensorsIndex index, Action<TensorEntry, long, long>? observer)
    {
        // A tensor in two shards belongs to the one that the index names; one that the index forgot is taken all the same.
        FileCheckpoint checkpoint = OpenFiles(
            index.Files, (entry, file) => index.FileOf(entry.Name) is not { } named || named == file, observer);
        try
        {
            foreach ((string name, string file) in index.Tensors)
            {
                if (!checkpoint.TryGet(name, out _))
                {
                    throw new ModelFormatException(
                        file, $"the index {index.Path} says it is in this file, but it is not; download both again", name);
                }
            }
        }
        catch
        {
            checkpoint.Dispose();
            throw;
        }

        return checkpoint;
    }

    private static FileCheckpoint OpenFiles(
        IEnumerable<string> paths, Func<TensorEntry, string, bool> wanted, Action<TensorEntry, long, long>? observer)
    {
        Dictionary<string, SafeFileHandle> files = new(StringComparer.Ordinal);
        try
        {
            Dictionary<string, TensorEntry> entries = new(StringComparer.Ordinal);
            foreach (string path in paths)
            {
                files.Add(path, TensorFile.Open(path));
                SafetensorsHeader header = SafetensorsHeader.Read(files[path], path);
                foreach (TensorEntry entry in header.Tensors.Concat(header.Absent).Where(entry => wanted(entry, path)))
                {
                    if (!entries.TryAdd(entry.Name, entry))
                    {
                        throw new ModelFormatException(
                            path, $"{entries[entry.Name].File} has a tensor of this name too", entry.Name, entry.Offset);
                    }
                }
            }

            return new FileCheckpoint(entries.Values, files, observer);
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
}
