namespace Whorl.Formats;

/// <summary>Where a GGUF file's tensors lie: each within the file, none over another.</summary>
/// <param name="path">The file, for messages.</param>
/// <param name="dataStart">Where the data begin.</param>
/// <param name="fileLength">Where the file ends.</param>
/// <param name="alignment">What offsets within the data are multiples of.</param>
internal sealed class GgufLayout(string path, long dataStart, long fileLength, long alignment)
{
    /// <summary>Places the tensors, in the order they are given.</summary>
    /// <exception cref="ModelFormatException">One lies askew, over another or beyond the file's end.</exception>
    public TensorEntry[] Place(GgufTensorInfo[] infos)
    {
        long?[] lengths = Array.ConvertAll(infos, info => info.ByteLength(path));
        TensorEntry[] entries = new TensorEntry[infos.Length];

        // From the last to the first, so that a tensor of unknown type can be given what there is up to the next; where several begin at
        // the same byte, all but one must be empty, and those count as the earlier ones.
        TensorEntry? next = null;
        IEnumerable<int> fromLast = Enumerable.Range(0, infos.Length)
            .OrderByDescending(i => infos[i].DataOffset)
            .ThenByDescending(i => lengths[i] ?? 0);
        foreach (int i in fromLast)
        {
            GgufTensorInfo info = infos[i];
            long offset = FileOffset(info);
            long length = lengths[i] ?? (next?.Offset ?? fileLength) - offset;
            CheckEnd(info, offset, length, next);
            string type = info.Type?.Name ?? $"GGML {info.GgmlType}";
            next = entries[i] = new TensorEntry(info.Name, info.Type, type, info.Shape, path, offset, length);
        }

        return entries;
    }

    private long FileOffset(GgufTensorInfo info)
    {
        if (info.DataOffset % (ulong)alignment != 0)
        {
            throw info.Wrong(path, $"its offset {info.DataOffset} is no multiple of the alignment {alignment}");
        }

        // A tensor without elements may lie at the very end of data that were not padded.
        return info.DataOffset <= (ulong)Math.Max(0, fileLength - dataStart)
            ? dataStart + (long)info.DataOffset
            : throw info.Wrong(path, $"its offset {info.DataOffset} lies behind the file's end: the file is truncated");
    }

    private void CheckEnd(GgufTensorInfo info, long offset, long length, TensorEntry? next)
    {
        long left = Math.Max(0, fileLength - offset);
        if (length > left)
        {
            throw info.Wrong(path, $"its {length} bytes do not fit into the {left} left: the file is truncated");
        }

        if (next is not null && length > next.Offset - offset)
        {
            throw info.Wrong(path, $"its data overlap those of '{next.Name}'");
        }
    }
}
