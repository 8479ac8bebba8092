using Whorl.Tensors;

namespace Whorl.Formats;

/// <summary>Where a tensor of a checkpoint lies and how it is stored.</summary>
public sealed class TensorEntry
{
    private readonly ElementTypeInfo? _type;

    internal TensorEntry(
        string name, ElementTypeInfo? type, string typeName, long[] shape, string file, long offset, long byteLength)
    {
        Name = name;
        _type = type;
        TypeName = typeName;
        Shape = shape;
        File = file;
        Offset = offset;
        ByteLength = byteLength;
        ElementCount = TensorShape.Count(shape)
            ?? throw new ArgumentException(
                $"[{string.Join(", ", shape)}] has a negative size or more than 2^63 - 1 elements", nameof(shape));
    }

    /// <summary>The name the file gives it.</summary>
    public string Name { get; }

    /// <summary>
    /// Sizes, the outermost first: <c>[rows, columns]</c>, in GGUF files too (which store them the other way round). Empty for a scalar.
    /// Not to be changed.
    /// </summary>
    public long[] Shape { get; }

    /// <summary>The product of <see cref="Shape"/>; 1 for a scalar.</summary>
    public long ElementCount { get; }

    /// <summary>The full path of the file that holds it.</summary>
    public string File { get; }

    /// <summary>Where its first byte lies in <see cref="File"/>; -1 where the file lacks it.</summary>
    public long Offset { get; }

    /// <summary>Whether the bytes are there: a file fetched in part only names the tensors that it lacks.</summary>
    public bool IsPresent => Offset >= 0;

    /// <summary>The bytes it takes. Of a type that is not supported: the bytes up to the next tensor, padding included.</summary>
    public long ByteLength { get; }

    /// <summary>The element type as the file has it, even where it is not supported.</summary>
    public string TypeName { get; }

    /// <summary>Whether <see cref="Type"/> can be asked.</summary>
    public bool IsSupported => _type is not null;

    /// <summary>How the elements are stored.</summary>
    /// <exception cref="ModelFormatException">The file's type is not one of <see cref="Tensors.ElementType"/>.</exception>
    public ElementType ElementType => Type.Type;

    /// <summary>Size and name of the element type.</summary>
    /// <exception cref="ModelFormatException">The file's type is not one of <see cref="Tensors.ElementType"/>.</exception>
    public ElementTypeInfo Type => _type ?? RefuseType();

    /// <summary>Elements of the innermost dimension: columns of a matrix, elements of a vector; 1 for a scalar.</summary>
    public long RowLength => Shape.Length == 0 ? 1 : Shape[^1];

    /// <summary>Bytes of one row of <see cref="RowLength"/> elements; rows follow each other without padding.</summary>
    /// <exception cref="ModelFormatException">The element type is not supported.</exception>
    public long RowBytes => Type.BytesFor(RowLength);

    /// <summary>The same tensor, lacking in a file that should hold it.</summary>
    internal TensorEntry AbsentFrom(string file) => new(Name, _type, TypeName, Shape, file, offset: -1, ByteLength);

    /// <inheritdoc/>
    public override string ToString() => $"{Name} {TypeName} [{string.Join(", ", Shape)}]";

    private ElementTypeInfo RefuseType() => throw new ModelFormatException(
        File, $"the element type {TypeName} is not supported; convert the model to one of {SupportedTypes()}", Name, Offset);

    private static string SupportedTypes() =>
        string.Join(", ", ElementTypes.All.Where(info => BlockCodec.CanDecode(info.Type)).Select(info => info.Name));
}
