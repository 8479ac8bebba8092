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
    /// <summary>The element type, or null where it is not known.</summary>
    public ElementTypeInfo? Type { get; } =
        GgmlType <= int.MaxValue && ElementTypes.TryFromGgml((int)GgmlType, out ElementTypeInfo? type) ? type : null;

    /// <summary>The bytes that type and shape ask for, or null where the type is not known.</summary>
    /// <exception cref="ModelFormatException">They exceed 2^63 - 1, or rows have broken blocks.</exception>
    public long? ByteLength(string path)
    {
        long count = TensorShape.Count(Shape)
            ?? throw Wrong(path, $"its shape [{string.Join(", ", Shape)}] has more than 2^63 - 1 elements");
        if (Type is not { } type)
        {
            return null;
        }

        long row = Shape.Length == 0 ? 1 : Shape[^1];
        if (row % type.BlockSize != 0)
        {
            throw Wrong(path, $"its rows of {row} elements are no whole number of {type.Name} blocks of {type.BlockSize}");
        }

        Int128 bytes = (Int128)count / type.BlockSize * type.BlockBytes;
        return bytes <= long.MaxValue
            ? (long)bytes
            : throw Wrong(path, $"its shape [{string.Join(", ", Shape)}] takes more than 2^63 - 1 bytes");
    }

    /// <summary>An exception that names the tensor and where the header tells of it.</summary>
    public ModelFormatException Wrong(string path, string what) => new(path, $"{what}; the file is damaged, download it again", Name, At);
}
