namespace Whorl.Formats;

/// <summary>Some tensors of a file on the hub, as a file of their own: a header, and ranges of the other's bytes.</summary>
/// <param name="source">The other file.</param>
/// <param name="header">Everything before the data. It names its source, so that files of different slices begin differently.</param>
/// <param name="ranges">Where the data lie in the other file, in the order in which they are to follow each other in this one.</param>
internal sealed class TensorSlice(RemoteContent source, byte[] header, IReadOnlyList<(long Offset, long Length)> ranges)
{
    /// <summary>
    /// The file's name: of a GGUF file without the folder that the repository may have it in, of others with it, as an index names them so.
    /// </summary>
    public string Name => FileSelection.IsGguf(source.File.Name) ? Path.GetFileName(source.File.Name) : source.File.Name;

    /// <summary>How many tensors it has.</summary>
    public int Tensors => ranges.Count;

    /// <summary>The bytes of the file to be written.</summary>
    public long Size { get; } = header.Length + ranges.Sum(range => range.Length);

    /// <summary>Writes the file, or what is missing of it.</summary>
    /// <returns>The bytes that were fetched.</returns>
    public async Task<long> FetchAsync(string path, ProgressTotals totals, CancellationToken cancellationToken)
    {
        if (await StartsAsWrittenAsync(path, cancellationToken) == Size)
        {
            totals.Report(source.File with { Size = Size }, Size);
            return 0;
        }

        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        string partial = path + ".incomplete";
        long fetched = 0;
        try
        {
            long there = await StartsAsWrittenAsync(partial, cancellationToken);
            await using var file = new FileStream(partial, FileMode.OpenOrCreate, FileAccess.Write, FileShare.Read);
            if (there == 0)
            {
                file.SetLength(0);
                await file.WriteAsync(header, cancellationToken);
                there = header.Length;
            }

            file.Position = there;
            foreach ((long offset, long length) in Missing(there - header.Length))
            {
                await source.CopyAsync(offset, length, file, Count, cancellationToken);
            }

            void Count(int bytes)
            {
                fetched += bytes;
                totals.Report(source.File with { Size = Size }, there + fetched);
            }
        }
        catch (IOException error) when (Disk.IsFull(error))
        {
            throw Disk.Full(Path.GetDirectoryName(path)!, Size, Name, error);
        }

        File.Move(partial, path, overwrite: true);
        return fetched;
    }

    // The ranges of the hub's file that hold the wanted bytes behind the first ones; neighbours are one range.
    private IEnumerable<(long Offset, long Length)> Missing(long skip)
    {
        (long offset, long length) = (-1, 0);
        foreach ((long from, long size) in ranges)
        {
            long skipped = Math.Min(skip, size);
            skip -= skipped;
            (long start, long rest) = (from + skipped, size - skipped);
            if (rest == 0)
            {
                continue;
            }

            if (length > 0 && start == offset + length)
            {
                length += rest;
                continue;
            }

            if (length > 0)
            {
                yield return (offset, length);
            }

            (offset, length) = (start, rest);
        }

        if (length > 0)
        {
            yield return (offset, length);
        }
    }

    // The length of a file that begins with this slice's header, which names its source; 0 for any other.
    private async Task<long> StartsAsWrittenAsync(string path, CancellationToken cancellationToken)
    {
        if (!File.Exists(path) || new FileInfo(path).Length is var length && (length < header.Length || length > Size))
        {
            return 0;
        }

        byte[] start = new byte[header.Length];
        await using FileStream file = File.OpenRead(path);
        await file.ReadExactlyAsync(start, cancellationToken);
        return start.AsSpan().SequenceEqual(header) ? file.Length : 0;
    }
}
