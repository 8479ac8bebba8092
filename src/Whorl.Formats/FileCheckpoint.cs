using System.Diagnostics.CodeAnalysis;
using Microsoft.Win32.SafeHandles;

namespace Whorl.Formats;

/// <summary>A checkpoint in one or more files, which are held open and read at positions.</summary>
public sealed class FileCheckpoint : ICheckpoint
{
    private readonly Dictionary<string, TensorEntry> _entries = new(StringComparer.Ordinal);
    private readonly Dictionary<string, SafeFileHandle> _files;
    private readonly Action<TensorEntry, long, long>? _observer;
    private long _bytesRead;

    /// <summary>Takes over the open files.</summary>
    /// <param name="entries">Tensors with different names, each in one of the files.</param>
    /// <param name="files">Handles by full path; disposed with the checkpoint.</param>
    /// <param name="observer">
    /// Called after every read, on the reading thread, with the tensor, the range's offset in it and its length.
    /// </param>
    internal FileCheckpoint(
        IEnumerable<TensorEntry> entries, Dictionary<string, SafeFileHandle> files, Action<TensorEntry, long, long>? observer)
    {
        _files = files;
        _observer = observer;
        foreach (TensorEntry entry in entries)
        {
            _entries.Add(entry.Name, entry);
        }
    }

    /// <inheritdoc/>
    public IReadOnlyCollection<string> Names => _entries.Keys;

    /// <inheritdoc/>
    public long BytesRead => Interlocked.Read(ref _bytesRead);

    /// <inheritdoc/>
    public bool TryGet(string name, [NotNullWhen(true)] out TensorEntry? entry) => _entries.TryGetValue(name, out entry);

    /// <inheritdoc/>
    public void Read(TensorEntry entry, long byteOffset, Span<byte> destination)
    {
        if (!_files.TryGetValue(entry.File, out SafeFileHandle? file))
        {
            throw new ArgumentException($"{entry} belongs to another checkpoint", nameof(entry));
        }

        if (!entry.IsPresent)
        {
            throw new ModelFormatException(
                entry.File, "the tensor was not fetched, as the file is for a part of the model only; pull the model whole", entry.Name);
        }

        _ = entry.Type;
        if (byteOffset < 0 || byteOffset > entry.ByteLength - destination.Length)
        {
            throw new ArgumentOutOfRangeException(
                nameof(byteOffset), byteOffset, $"{destination.Length} bytes from there are not within the {entry.ByteLength} of {entry}");
        }

        TensorFile.ReadExactly(file, entry.File, entry.Offset + byteOffset, destination, entry.Name);
        Interlocked.Add(ref _bytesRead, destination.Length);
        _observer?.Invoke(entry, byteOffset, destination.Length);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (SafeFileHandle file in _files.Values)
        {
            file.Dispose();
        }
    }
}
