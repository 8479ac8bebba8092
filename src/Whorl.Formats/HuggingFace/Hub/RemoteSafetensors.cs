using System.Buffers;
using System.Buffers.Binary;
using System.Text.Json;

namespace Whorl.Formats;

/// <summary>A safetensors file on the hub: its header is read, its tensors are fetched by range.</summary>
internal sealed class RemoteSafetensors : RemoteWeights
{
    private const int LengthBytes = 8;

    private readonly RemoteContent _content;
    private readonly byte[] _json;
    private readonly SafetensorsHeader _header;

    private RemoteSafetensors(RemoteContent content, byte[] json, SafetensorsHeader header) =>
        (_content, _json, _header) = (content, json, header);

    /// <summary>Reads a file's header.</summary>
    /// <exception cref="HubException">The file cannot be had, or the hub serves no ranges of it.</exception>
    /// <exception cref="ModelFormatException">It is not well formed.</exception>
    public static async Task<RemoteSafetensors> OpenAsync(RemoteContent content, CancellationToken cancellationToken)
    {
        long size = content.File.Size;
        if (size < LengthBytes)
        {
            throw new ModelFormatException(content.Path, $"no safetensors file: it has {size} bytes");
        }

        byte[] lengthBytes = new byte[LengthBytes];
        await content.ReadAsync(0, lengthBytes, 0, cancellationToken);
        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(lengthBytes);
        if (length > SafetensorsHeader.MaxHeaderBytes || (long)length > size - LengthBytes)
        {
            throw new ModelFormatException(content.Path, $"the header says it has {length} bytes, of {size} of the file", offset: 0);
        }

        byte[] json = new byte[length];
        await content.ReadAsync(LengthBytes, json, 0, cancellationToken);
        SafetensorsHeader header = new SafetensorsHeaderParser(content.Path, LengthBytes + (long)length, size).Parse(json);
        return new RemoteSafetensors(content, json, header);
    }

    /// <inheritdoc/>
    public override TensorSlice Slice(Func<string, bool> isWanted)
    {
        TensorEntry[] tensors = [.. _header.Tensors.Where(tensor => isWanted(tensor.Name))];
        return new TensorSlice(_content, MakeHeader(tensors), [.. tensors.Select(tensor => (tensor.Offset, tensor.ByteLength))]);
    }

    private byte[] MakeHeader(TensorEntry[] tensors)
    {
        ArrayBufferWriter<byte> json = new();
        using (var writer = new Utf8JsonWriter(json))
        {
            writer.WriteStartObject();
            writer.WriteStartObject("__metadata__");
            writer.WriteString("format", "pt");
            writer.WriteString("whorl.source", _content.Source);
            PartialFile.WriteMetadata(writer, _json, _header.Tensors.Sum(tensor => tensor.ByteLength));
            writer.WriteEndObject();
            long at = 0;
            foreach (TensorEntry tensor in tensors)
            {
                SafetensorsWriter.WriteTensor(writer, tensor.Name, tensor.TypeName, tensor.Shape, at, tensor.ByteLength);
                at += tensor.ByteLength;
            }

            writer.WriteEndObject();
        }

        return SafetensorsWriter.Frame(json.WrittenSpan);
    }
}
