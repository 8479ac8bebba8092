using System.Buffers.Binary;
using System.Text.Json;

namespace Whorl.Formats;

/// <summary>The wanted tensors of a remote safetensors file, as a safetensors file of their own that names the others too.</summary>
internal sealed class SafetensorsSlice
{
    private const int Alignment = 8;

    private readonly RemoteSafetensors _source;
    private readonly byte[] _header;

    public SafetensorsSlice(RemoteSafetensors source, Func<string, bool> isWanted)
    {
        _source = source;
        Tensors = [.. source.Header.Tensors.Where(tensor => isWanted(tensor.Name))];
        _header = MakeHeader();
        Size = _header.Length + Tensors.Sum(tensor => tensor.ByteLength);
    }

    /// <summary>The file's name.</summary>
    public string Name => _source.File.Name;

    /// <summary>The wanted tensors in the order of their bytes.</summary>
    public IReadOnlyList<TensorEntry> Tensors { get; }

    /// <summary>The bytes of the file to be written.</summary>
    public long Size { get; }

    /// <summary>Writes the file, or what is missing of it.</summary>
    /// <returns>The bytes that were fetched.</returns>
    public async Task<long> FetchAsync(string path, ProgressTotals totals, CancellationToken cancellationToken)
    {
        if (await StartsAsWrittenAsync(path, cancellationToken) == Size)
        {
            totals.Report(_source.File with { Size = Size }, Size);
            return 0;
        }

        string partial = path + ".incomplete";
        long fetched = 0;
        try
        {
            long there = await StartsAsWrittenAsync(partial, cancellationToken);
            await using var file = new FileStream(partial, FileMode.OpenOrCreate, FileAccess.Write, FileShare.Read);
            if (there == 0)
            {
                file.SetLength(0);
                await file.WriteAsync(_header, cancellationToken);
                there = _header.Length;
            }

            file.Position = there;
            foreach ((long offset, long length) in Missing(there - _header.Length))
            {
                await _source.CopyAsync(offset, length, file, Count, cancellationToken);
            }

            void Count(int bytes)
            {
                fetched += bytes;
                totals.Report(_source.File with { Size = Size }, there + fetched);
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
        foreach (TensorEntry tensor in Tensors)
        {
            long skipped = Math.Min(skip, tensor.ByteLength);
            skip -= skipped;
            (long start, long rest) = (tensor.Offset + skipped, tensor.ByteLength - skipped);
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
        if (!File.Exists(path) || new FileInfo(path).Length is var length && (length < _header.Length || length > Size))
        {
            return 0;
        }

        byte[] start = new byte[_header.Length];
        await using FileStream file = File.OpenRead(path);
        await file.ReadExactlyAsync(start, cancellationToken);
        return start.AsSpan().SequenceEqual(_header) ? file.Length : 0;
    }

    private byte[] MakeHeader()
    {
        using var json = new MemoryStream();
        using (var writer = new Utf8JsonWriter(json))
        {
            writer.WriteStartObject();
            writer.WriteStartObject("__metadata__");
            writer.WriteString("format", "pt");
            writer.WriteString("whorl.source", $"{_source.Reference.Id}@{_source.File.Commit}/{_source.File.Name}");
            PartialFile.WriteMetadata(writer, _source.HeaderJson, _source.Header.Tensors.Sum(tensor => tensor.ByteLength));
            writer.WriteEndObject();
            long at = 0;
            foreach (TensorEntry tensor in Tensors)
            {
                WriteTensor(writer, tensor, at);
                at += tensor.ByteLength;
            }

            writer.WriteEndObject();
        }

        while (json.Length % Alignment != 0)
        {
            json.WriteByte((byte)' ');
        }

        byte[] header = new byte[8 + json.Length];
        BinaryPrimitives.WriteInt64LittleEndian(header, json.Length);
        json.ToArray().CopyTo(header, 8);
        return header;
    }

    private static void WriteTensor(Utf8JsonWriter writer, TensorEntry tensor, long at)
    {
        writer.WriteStartObject(tensor.Name);
        writer.WriteString("dtype", tensor.TypeName);
        writer.WriteStartArray("shape");
        foreach (long size in tensor.Shape)
        {
            writer.WriteNumberValue(size);
        }

        writer.WriteEndArray();
        writer.WriteStartArray("data_offsets");
        writer.WriteNumberValue(at);
        writer.WriteNumberValue(at + tensor.ByteLength);
        writer.WriteEndArray();
        writer.WriteEndObject();
    }
}
