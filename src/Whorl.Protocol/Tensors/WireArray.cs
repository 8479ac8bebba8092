using System.Runtime.InteropServices;
using Whorl.Protocol.Messages;
using Whorl.Tensors;

namespace Whorl.Protocol.Tensors;

/// <summary>A dense array as numpy means it: an element type, a shape, and the elements in row-major order, little-endian.</summary>
public sealed class WireArray
{
    /// <summary>Wraps elements without a copy.</summary>
    /// <param name="type">A type that numpy or PyTorch has a name for: see <see cref="DataTypes"/>.</param>
    /// <param name="shape">The dimensions; none for a scalar.</param>
    /// <param name="data">Exactly the elements' bytes; aliased.</param>
    /// <exception cref="ArgumentException">The bytes do not fit type and shape, or the shape is beyond <see
    /// cref="MessageLimits"/>.</exception>
    public WireArray(ElementType type, IReadOnlyList<int> shape, ReadOnlyMemory<byte> data)
    {
        long count = 1;
        foreach (int size in shape)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(size, nameof(shape));
            count = Math.Min(count * size, long.MaxValue >> 32);
        }

        if (count > MessageLimits.MaxElements || shape.Count > MessageLimits.MaxDimensions)
        {
            throw new ArgumentException(
                $"at most {MessageLimits.MaxElements} elements in {MessageLimits.MaxDimensions} dimensions can be sent", nameof(shape));
        }

        if (data.Length != count * DataTypes.SizeOf(type))
        {
            throw new ArgumentException($"{data.Length} bytes for {count} elements of {type}", nameof(data));
        }

        (Type, Shape, Data, Count) = (type, shape, data, (int)count);
    }

    /// <summary>The element type.</summary>
    public ElementType Type { get; }

    /// <summary>The dimensions; none for a scalar.</summary>
    public IReadOnlyList<int> Shape { get; }

    /// <summary>The elements' bytes.</summary>
    public ReadOnlyMemory<byte> Data { get; }

    /// <summary>The number of elements.</summary>
    public int Count { get; }

    /// <summary>An array of float32, of type <paramref name="type"/> after rounding (to nearest even) each value to it.</summary>
    /// <exception cref="ArgumentException">The number of values is not the shape's.</exception>
    public static WireArray FromSingles(ReadOnlySpan<float> values, IReadOnlyList<int> shape, ElementType type = ElementType.F32) =>
        new(type, shape, ElementConversion.FromSingles(values, type));

    /// <summary>An array of int64, as Petals sends hypothesis ids.</summary>
    /// <exception cref="ArgumentException">The number of values is not the shape's.</exception>
    public static WireArray FromInt64s(ReadOnlySpan<long> values, IReadOnlyList<int> shape) =>
        new(ElementType.I64, shape, MemoryMarshal.AsBytes(values).ToArray());

    /// <summary>The elements as float32: widened exactly, or rounded to nearest from wider types; true is 1.</summary>
    public float[] ToSingles()
    {
        var values = new float[Count];
        CopyTo(values);
        return values;
    }

    /// <summary>As <see cref="ToSingles"/>, into memory of the caller's.</summary>
    /// <param name="destination">Room for <see cref="Count"/> values.</param>
    public void CopyTo(Span<float> destination) => ElementConversion.ToSingles(Data.Span, Type, destination[..Count]);

    /// <summary>The elements as int64.</summary>
    /// <exception cref="WireFormatException">The type is not int64.</exception>
    public long[] ToInt64s() => Type == ElementType.I64
        ? MemoryMarshal.Cast<byte, long>(Data.Span).ToArray()
        : throw new WireFormatException($"an array of {Type} where int64 is needed");
}
