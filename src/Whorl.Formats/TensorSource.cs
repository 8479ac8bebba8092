using Whorl.Tensors;

namespace Whorl.Formats;

/// <summary>
/// A tensor to be written: its name, type and shape, and a function that gives its bytes range by range, so that nothing larger than a
/// range need be in memory.
/// </summary>
public sealed class TensorSource
{
    private readonly Action<long, Span<byte>> _fill;

    /// <summary>Describes a tensor whose bytes are asked for while the file is written.</summary>
    /// <param name="name">The name it gets.</param>
    /// <param name="elementType">How <paramref name="fill"/> stores the elements.</param>
    /// <param name="shape">Outermost first, <c>[rows, columns]</c>; empty for a scalar.</param>
    /// <param name="fill">
    /// Called with an offset in the tensor and a span to be filled with the bytes from there on; in order, each range once, always whole
    /// blocks.
    /// </param>
    /// <exception cref="ArgumentException">The shape has a negative size, too many elements, or rows of broken blocks.</exception>
    public TensorSource(string name, ElementType elementType, ReadOnlySpan<long> shape, Action<long, Span<byte>> fill)
    {
        Name = name;
        Type = ElementTypes.Info(elementType);
        Shape = shape.ToArray();
        _fill = fill;
        long elements = TensorShape.Count(Shape)
            ?? throw new ArgumentException(
                $"[{string.Join(", ", Shape)}] has a negative size or more than 2^63 - 1 elements", nameof(shape));
        if (Shape.Length > 0 && Shape[^1] % Type.BlockSize != 0)
        {
            throw new ArgumentException(
                $"rows of {Shape[^1]} are no whole number of {Type.Name} blocks of {Type.BlockSize}", nameof(shape));
        }

        ByteLength = Type.BytesFor(elements);
    }

    /// <summary>The name it gets.</summary>
    public string Name { get; }

    /// <summary>How it is stored.</summary>
    public ElementTypeInfo Type { get; }

    /// <summary>Outermost first; empty for a scalar. Not to be changed.</summary>
    public long[] Shape { get; }

    /// <summary>The bytes it takes.</summary>
    public long ByteLength { get; }

    /// <summary>A tensor that is in memory as it is to be stored.</summary>
    /// <exception cref="ArgumentException">The bytes are not as many as type and shape say; and as of the constructor.</exception>
    public static TensorSource FromBytes(string name, ElementType elementType, ReadOnlySpan<long> shape, ReadOnlyMemory<byte> bytes)
    {
        TensorSource source = new(name, elementType, shape, (offset, span) => bytes.Span.Slice((int)offset, span.Length).CopyTo(span));
        return source.ByteLength == bytes.Length
            ? source
            : throw new ArgumentException($"{name} takes {source.ByteLength} bytes, but {bytes.Length} were given", nameof(bytes));
    }

    /// <summary>A tensor that is in memory as float32 and is stored as <see cref="BlockCodec.Encode"/> does, a range at a time.</summary>
    /// <exception cref="ArgumentException">The values are not as many as the shape says; and as of the constructor.</exception>
    /// <exception cref="NotSupportedException">The type cannot be made from float32.</exception>
    public static TensorSource FromSingles(string name, ElementType elementType, ReadOnlySpan<long> shape, ReadOnlyMemory<float> values)
    {
        ElementTypeInfo type = ElementTypes.Info(elementType);
        if (!BlockCodec.CanEncode(elementType))
        {
            throw new NotSupportedException($"{name} cannot be stored as {type.Name}");
        }

        TensorSource source = new(name, elementType, shape, (offset, span) =>
        {
            int first = (int)(offset / type.BlockBytes * type.BlockSize);
            BlockCodec.Encode(elementType, values.Span.Slice(first, span.Length / type.BlockBytes * type.BlockSize), span);
        });
        return TensorShape.Count(source.Shape) == values.Length
            ? source
            : throw new ArgumentException(
                $"{name} [{string.Join(", ", source.Shape)}] does not have {values.Length} elements", nameof(values));
    }

    /// <summary>A copy of a checkpoint's tensor, byte by byte.</summary>
    /// <param name="checkpoint">Must stay open until the file is written.</param>
    /// <param name="entry">The tensor.</param>
    /// <param name="name">The name it gets, or null for its own.</param>
    /// <exception cref="ModelFormatException">The tensor's type is not supported.</exception>
    public static TensorSource FromCheckpoint(ICheckpoint checkpoint, TensorEntry entry, string? name = null) =>
        new(name ?? entry.Name, entry.ElementType, entry.Shape, (offset, span) => checkpoint.Read(entry, offset, span));

    internal void Fill(long offset, Span<byte> destination) => _fill(offset, destination);
}
