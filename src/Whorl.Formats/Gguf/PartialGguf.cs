using System.Buffers;

namespace Whorl.Formats;

/// <summary>
/// A GGUF file with some of another's tensors. Its metadata are the other's, and keep the other's infos of tensors besides, so that a model
/// of which only a part was fetched still knows name, type and shape of every tensor.
/// </summary>
internal static class PartialGguf
{
    private const string Source = "whorl.source";
    private const string WholeTensors = "whorl.whole_tensors";
    private const string WholeInfos = "whorl.whole_infos";
    private const string WholeDataLength = "whorl.whole_data_length";
    private const int OwnPairs = 4;
    private const int CountsEnd = 24; // magic, version and both counts

    /// <summary>The header of such a file, padding included. The tensors' data are to follow in this order, each padded.</summary>
    /// <param name="whole">The other file's header.</param>
    /// <param name="bytes">Its bytes, up to the end of the infos at least.</param>
    /// <param name="fileLength">The other file's length.</param>
    /// <param name="wanted">The tensors that the file is to have.</param>
    /// <param name="source">Names the other file.</param>
    public static byte[] MakeHeader(GgufHeader whole, ReadOnlySpan<byte> bytes, long fileLength, IReadOnlyList<TensorEntry> wanted, string source)
    {
        ArrayBufferWriter<byte> header = new((int)whole.InfosEnd);
        GgufValueWriter writer = new(header);
        header.Write("GGUF"u8);
        writer.WriteNumber((uint)whole.Version);
        writer.WriteNumber((ulong)wanted.Count);
        writer.WriteNumber((ulong)(whole.Metadata.Count + OwnPairs));
        header.Write(bytes[CountsEnd..(int)whole.InfosStart]);
        Write(Source, source);
        Write(WholeTensors, whole.Tensors.Count);
        Write(WholeInfos, bytes[(int)whole.InfosStart..(int)whole.InfosEnd].ToArray());
        Write(WholeDataLength, fileLength - GgufHeader.AlignUp(whole.InfosEnd, whole.Alignment));

        Dictionary<string, GgufTensorInfo> infos = whole.Infos.ToDictionary(info => info.Name, StringComparer.Ordinal);
        long offset = 0;
        foreach (TensorEntry tensor in wanted)
        {
            writer.WriteTensorInfo(tensor.Name, tensor.Shape, infos[tensor.Name].GgmlType, (ulong)offset);
            offset += GgufHeader.AlignUp(tensor.ByteLength, whole.Alignment);
        }

        header.Write(new byte[TensorFileWriter.PaddingOf(header.WrittenCount, (int)whole.Alignment)]);
        return header.WrittenSpan.ToArray();

        void Write(string key, object value)
        {
            writer.WriteString(key);
            writer.WriteTyped(key, value);
        }
    }

    /// <summary>The tensors of the whole file that this one lacks; none for a file that is no part of another.</summary>
    /// <exception cref="ModelFormatException">What it keeps of the whole file's header is not well formed.</exception>
    public static IReadOnlyList<TensorEntry> ReadAbsent(GgufHeader header)
    {
        if (!header.Metadata.TryGetValue(WholeInfos, out object? value))
        {
            return [];
        }

        if (value is not byte[] infos || header.Metadata.GetValueOrDefault(WholeDataLength) is not long dataLength || dataLength < 0)
        {
            throw Wrong(header, "its metadata do not tell of the whole file as they should");
        }

        int count = header.Metadata.GetInt32(WholeTensors);
        if (count is < 0 or > GgufHeader.MaxTensors)
        {
            throw Wrong(header, $"a whole file cannot have {count} tensors");
        }

        string path = header.Metadata.File;
        using GgufCursor cursor = new(infos, path, infos.Length);
        GgufLayout layout = new(path, dataStart: 0, dataLength, header.Alignment);
        HashSet<string> present = [.. header.Tensors.Select(tensor => tensor.Name)];
        return [.. layout.Place(GgufHeader.ReadInfos(cursor, count))
            .Where(tensor => !present.Contains(tensor.Name)).Select(tensor => tensor.AbsentFrom(path))];
    }

    private static ModelFormatException Wrong(GgufHeader header, string what) =>
        new(header.Metadata.File, $"{what}; remove the file and fetch it again", WholeInfos);
}
