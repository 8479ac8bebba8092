using Whorl.Tensors;

namespace Whorl.Formats;

/// <summary>A tensor as the header tells of it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Shape">Outermost first; sizes above 2^63 - 1 appear as negative ones.</param>
/// <param name="GgmlType">The number of its element type.</param>
/// <param name="DataOffset">Where it begins, counted from the start of the data.</param>
/// <param name="At">Where in the file the header tells of it.</param>
internal sealed record GgufTensorInfo(string Name, long[] Shape, uint GgmlType, ulong DataOffset, long At)
{
    private ElementTypeInfo? Type => GgmlType <= int.MaxValue && ElementTypes.TryFromGgml((int)GgmlType, out ElementTypeInfo? type) ? type : null;

    /// <summary>Checks that each tensor lies within the file and none over another, and says where.</summary>
    /// <exception cref="ModelFormatException">One does not.</exception>
    public static TensorEntry[] Place(GgufTensorInfo[] infos, string path, long dataStart, long fileLength, long alignment)
    {
        TensorEntry[] entries = new TensorEntry[infos.Length];
        long next = fileLength;
        string after = "";

        // From the last to the first, so that a tensor of unknown type can be given what there is up to the next.
        foreach (int i in Enumerable.Range(0, infos.Length).OrderByDescending(i => infos[i].DataOffset).ThenByDescending(i => infos[i].ByteLength(path) ?? 0))
        {
            GgufTensorInfo info = infos[i];
            long offset = info.FileOffset(path, dataStart, fileLength, alignment);
            long length = info.ByteLength(path) ?? next - offset;
            if (length > fileLength - offset)
            {
                throw new ModelFormatException(
                    path, $"its {length} bytes do not fit into the {fileLength - offset} left; the file is truncated, download it again", info.Name, offset);
            }

            if (length > next - offset)
            {
                throw new ModelFormatException(path, $"its data overlap those of '{after}'; the file is damaged, download it again", info.Name, offset);
            }

            entries[i] = new TensorEntry(info.Name, info.Type, info.Type?.Name ?? $"GGML {info.GgmlType}", info.Shape, path, offset, length);
            next = offset;
            after = info.Name;
        }

        return entries;
    }

    private long FileOffset(string path, long dataStart, long fileLength, long alignment)
    {
        if (DataOffset % (ulong)alignment != 0)
        {
            throw new ModelFormatException(path, $"its offset {DataOffset} is no multiple of the alignment {alignment}; the file is damaged", Name, At);
        }

        // A tensor without elements may lie at the very end of data that were not padded.
        if (DataOffset > (ulong)Math.Max(0, fileLength - dataStart))
        {
            throw new ModelFormatException(
                path, $"its offset {DataOffset} lies behind the file's end; the file is truncated, download it again", Name, At);
        }

        return dataStart + (long)DataOffset;
    }

    /// <summary>The bytes of the tensor, or null where the type is not known.</summary>
    private long? ByteLength(string path)
    {
        long? count = TensorShape.Count(Shape);
        if (count is null)
        {
            throw new ModelFormatException(path, $"its shape [{string.Join(", ", Shape)}] has more than 2^63 - 1 elements; the file is damaged", Name, At);
        }

        if (Type is not { } type)
        {
            return null;
        }

        long row = Shape.Length == 0 ? 1 : Shape[^1];
        if (row % type.BlockSize != 0)
        {
            throw new ModelFormatException(
                path, $"its rows of {row} elements are no whole number of {type.Name} blocks of {type.BlockSize}; the file is damaged", Name, At);
        }

        Int128 bytes = (Int128)count.Value / type.BlockSize * type.BlockBytes;
        return bytes <= long.MaxValue
            ? (long)bytes
            : throw new ModelFormatException(path, $"its shape [{string.Join(", ", Shape)}] takes more than 2^63 - 1 bytes; the file is damaged", Name, At);
    }
}
