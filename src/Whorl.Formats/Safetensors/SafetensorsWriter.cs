using System.Buffers;
using System.Buffers.Binary;
using System.Text.Json;

namespace Whorl.Formats;

/// <summary>Writes safetensors files as the reference implementation does: wide types first, data without gaps.</summary>
public static class SafetensorsWriter
{
    /// <summary>Writes a file, holding no more than a megabyte of any tensor.</summary>
    /// <param name="path">Replaced where it exists, when the new file is whole.</param>
    /// <param name="tensors">With different names; plain types only. Their order is kept among types of equal size.</param>
    /// <param name="metadata">Free-form strings, or null for none.</param>
    /// <param name="cancellationToken">Stops between ranges and leaves nothing behind.</param>
    /// <exception cref="ArgumentException">A name stands twice or is reserved, or a type is block-quantised.</exception>
    public static async Task WriteAsync(
        string path,
        IReadOnlyList<TensorSource> tensors,
        IReadOnlyDictionary<string, string>? metadata = null,
        CancellationToken cancellationToken = default)
    {
        // A tensor's offset is then a multiple of its element's size, as readers that map the file like it.
        TensorSource[] inOrder = [.. tensors.OrderByDescending(tensor => tensor.Type.BlockBytes)];
        byte[] header = MakeHeader(inOrder, metadata);
        await TensorFileWriter.WriteAsync(path, header, inOrder, 1, cancellationToken).ConfigureAwait(false);
    }

    private static byte[] MakeHeader(TensorSource[] tensors, IReadOnlyDictionary<string, string>? metadata)
    {
        ArrayBufferWriter<byte> json = new();
        using (Utf8JsonWriter writer = new(json))
        {
            writer.WriteStartObject();
            if (metadata is { Count: > 0 })
            {
                WriteMetadata(writer, metadata);
            }

            WriteTensors(writer, tensors);
            writer.WriteEndObject();
        }

        return Frame(json.WrittenSpan);
    }

    /// <summary>A header of its JSON: its length, and spaces behind it, which let the data begin at a multiple of 8.</summary>
    internal static byte[] Frame(ReadOnlySpan<byte> json)
    {
        int length = json.Length + TensorFileWriter.PaddingOf(json.Length, 8);
        byte[] header = new byte[8 + length];
        BinaryPrimitives.WriteInt64LittleEndian(header, length);
        header.AsSpan(8).Fill((byte)' ');
        json.CopyTo(header.AsSpan(8));
        return header;
    }

    /// <summary>A tensor's entry in the header.</summary>
    /// <param name="writer">Receives it.</param>
    /// <param name="name">The tensor's name.</param>
    /// <param name="type">The element type's name.</param>
    /// <param name="shape">Sizes, outermost first.</param>
    /// <param name="offset">Where its data begin, from the end of the header.</param>
    /// <param name="length">Bytes of its data.</param>
    internal static void WriteTensor(Utf8JsonWriter writer, string name, string type, IEnumerable<long> shape, long offset, long length)
    {
        writer.WriteStartObject(name);
        writer.WriteString("dtype", type);
        writer.WriteStartArray("shape");
        foreach (long size in shape)
        {
            writer.WriteNumberValue(size);
        }

        writer.WriteEndArray();
        writer.WriteStartArray("data_offsets");
        writer.WriteNumberValue(offset);
        writer.WriteNumberValue(offset + length);
        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static void WriteMetadata(Utf8JsonWriter writer, IReadOnlyDictionary<string, string> metadata)
    {
        writer.WriteStartObject("__metadata__");
        foreach ((string key, string value) in metadata)
        {
            writer.WriteString(key, value);
        }

        writer.WriteEndObject();
    }

    private static void WriteTensors(Utf8JsonWriter writer, TensorSource[] tensors)
    {
        HashSet<string> names = new(StringComparer.Ordinal) { "__metadata__" };
        long offset = 0;
        foreach (TensorSource tensor in tensors)
        {
            if (!names.Add(tensor.Name))
            {
                throw new ArgumentException($"the name {tensor.Name} stands twice or is reserved", nameof(tensors));
            }

            if (tensor.Type.IsQuantised)
            {
                throw new ArgumentException($"safetensors has no type {tensor.Type.Name} ({tensor.Name})", nameof(tensors));
            }

            WriteTensor(writer, tensor.Name, tensor.Type.Name, tensor.Shape, offset, tensor.ByteLength);
            offset += tensor.ByteLength;
        }
    }
}
