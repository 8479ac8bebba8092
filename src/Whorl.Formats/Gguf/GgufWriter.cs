using System.Buffers;
using System.Globalization;

namespace Whorl.Formats;

/// <summary>Writes GGUF files, version 3, little-endian.</summary>
public static class GgufWriter
{
    private const int DefaultAlignment = 32;
    private const string AlignmentKey = "general.alignment";

    /// <summary>Writes a file, holding no more than a megabyte of any tensor.</summary>
    /// <param name="path">Replaced where it exists, when the new file is whole.</param>
    /// <param name="metadata">
    /// Keys with values of the kinds that <see cref="GgufMetadata"/> lists; <c>general.alignment</c>, a power of two, is heeded.
    /// </param>
    /// <param name="tensors">With different names, types that GGUF has, at most four dimensions.</param>
    /// <param name="cancellationToken">Stops between ranges and leaves nothing behind.</param>
    /// <exception cref="ArgumentException">A key or name stands twice, or a value, type or shape cannot be written.</exception>
    public static async Task WriteAsync(
        string path,
        IEnumerable<KeyValuePair<string, object>> metadata,
        IReadOnlyList<TensorSource> tensors,
        CancellationToken cancellationToken = default)
    {
        KeyValuePair<string, object>[] pairs = [.. metadata];
        int alignment = AlignmentOf(pairs);
        ArrayBufferWriter<byte> header = new();
        GgufValueWriter writer = new(header);
        header.Write("GGUF"u8);
        writer.WriteNumber(3u);
        writer.WriteNumber((ulong)tensors.Count);
        writer.WriteNumber((ulong)pairs.Length);
        WritePairs(writer, pairs);
        WriteInfos(writer, tensors, alignment);
        header.Write(new byte[TensorFileWriter.PaddingOf(header.WrittenCount, alignment)]);
        await TensorFileWriter.WriteAsync(path, header.WrittenMemory, tensors, alignment, cancellationToken).ConfigureAwait(false);
    }

    private static int AlignmentOf(KeyValuePair<string, object>[] metadata)
    {
        object alignment = Array.Find(metadata, pair => pair.Key == AlignmentKey).Value ?? DefaultAlignment;
        long value = Convert.ToInt64(alignment, CultureInfo.InvariantCulture);
        return value is > 0 and <= GgufHeader.MaxAlignment && long.IsPow2(value)
            ? (int)value
            : throw new ArgumentException(
                $"{AlignmentKey} must be a power of two up to {GgufHeader.MaxAlignment}, not {value}", nameof(metadata));
    }

    private static void WritePairs(GgufValueWriter writer, KeyValuePair<string, object>[] metadata)
    {
        HashSet<string> keys = new(StringComparer.Ordinal);
        foreach ((string key, object value) in metadata)
        {
            if (!keys.Add(key))
            {
                throw new ArgumentException($"the key {key} stands twice", nameof(metadata));
            }

            writer.WriteString(key);
            writer.WriteTyped(key, value);
        }
    }

    private static void WriteInfos(GgufValueWriter writer, IReadOnlyList<TensorSource> tensors, int alignment)
    {
        HashSet<string> names = new(StringComparer.Ordinal);
        ulong offset = 0;
        foreach (TensorSource tensor in tensors)
        {
            if (!names.Add(tensor.Name) || tensor.Type.GgmlType < 0 || tensor.Shape.Length > GgufHeader.MaxDimensions)
            {
                throw new ArgumentException(
                    $"{tensor.Name} stands twice, or GGUF has no type {tensor.Type.Name} or no {tensor.Shape.Length} dimensions",
                    nameof(tensors));
            }

            writer.WriteTensorInfo(tensor.Name, tensor.Shape, (uint)tensor.Type.GgmlType, offset);
            offset += (ulong)(tensor.ByteLength + TensorFileWriter.PaddingOf(tensor.ByteLength, alignment));
        }
    }
}
