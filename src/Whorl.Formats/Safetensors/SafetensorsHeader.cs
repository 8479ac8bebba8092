using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;

namespace Whorl.Formats;

/// <summary>
/// What a safetensors file says of itself: <c>u64 length; JSON {name: {dtype, shape, data_offsets}}; data</c>, all little-endian.
/// Source: https://github.com/huggingface/safetensors, "Format".
/// </summary>
public sealed class SafetensorsHeader
{
    /// <summary>The most bytes the JSON may have; the reference implementation's limit.</summary>
    public const int MaxHeaderBytes = 100_000_000;

    internal SafetensorsHeader(IReadOnlyList<TensorEntry> tensors, IReadOnlyDictionary<string, string> metadata)
    {
        Tensors = tensors;
        Metadata = metadata;
        Absent = [];
    }

    /// <summary>The tensors in the order of their bytes.</summary>
    public IReadOnlyList<TensorEntry> Tensors { get; }

    /// <summary>The file's free-form <c>__metadata__</c>; empty where it has none.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>Tensors that the file lacks, as it is a part of another; empty for a whole file.</summary>
    public IReadOnlyList<TensorEntry> Absent { get; private init; }

    /// <summary>Reads and checks the header, not the data.</summary>
    /// <exception cref="ModelFormatException">The file is missing or not well formed.</exception>
    public static SafetensorsHeader Read(string path)
    {
        string full = Path.GetFullPath(path);
        using SafeFileHandle file = TensorFile.Open(full);
        return Read(file, full);
    }

    /// <summary>
    /// As <see cref="Read(string)"/>. Memory: the JSON's bytes, and at most 64 times as many again for a header of nothing but tiny
    /// entries.
    /// </summary>
    internal static SafetensorsHeader Read(SafeFileHandle file, string path)
    {
        long fileLength = RandomAccess.GetLength(file);
        if (fileLength < 8)
        {
            throw new ModelFormatException(path, $"no safetensors file: it has {fileLength} bytes and needs at least 8; download it again");
        }

        Span<byte> lengthBytes = stackalloc byte[8];
        TensorFile.ReadExactly(file, path, 0, lengthBytes);
        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(lengthBytes);
        if (length > MaxHeaderBytes)
        {
            throw new ModelFormatException(
                path,
                $"the header says it has {length} bytes, more than the {MaxHeaderBytes} allowed; is it a safetensors file?",
                offset: 0);
        }

        if ((long)length > fileLength - 8)
        {
            throw new ModelFormatException(
                path,
                $"the header says it has {length} bytes, but the file has {fileLength - 8} more; it is truncated, download it again",
                offset: 0);
        }

        byte[] json = GC.AllocateUninitializedArray<byte>((int)length);
        TensorFile.ReadExactly(file, path, 8, json);
        SafetensorsHeader header = new SafetensorsHeaderParser(path, 8 + (long)length, fileLength).Parse(json);
        return new SafetensorsHeader(header.Tensors, header.Metadata) { Absent = PartialFile.ReadAbsent(path, header) };
    }
}
