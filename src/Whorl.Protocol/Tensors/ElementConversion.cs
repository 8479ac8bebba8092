using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Whorl.Tensors;

namespace Whorl.Protocol.Tensors;

/// <summary>Casts between float32 and the element types of the wire, as numpy and PyTorch cast.</summary>
internal static class ElementConversion
{
    /// <summary>Casts to float32: exact from narrower types, to nearest even from wider ones.</summary>
    public static void ToSingles(ReadOnlySpan<byte> source, ElementType type, Span<float> destination)
    {
        switch (type)
        {
            case ElementType.F32:
                source.CopyTo(MemoryMarshal.AsBytes(destination));
                break;
            case ElementType.F16:
                Cast<Half>(source, destination, static value => (float)value);
                break;
            case ElementType.BF16:
                Cast<ushort>(source, destination, static bits => BitConverter.UInt32BitsToSingle((uint)bits << 16));
                break;
            case ElementType.F64:
                Cast<double>(source, destination, static value => (float)value);
                break;
            case ElementType.I8:
                Cast<sbyte>(source, destination, static value => value);
                break;
            case ElementType.I16:
                Cast<short>(source, destination, static value => value);
                break;
            case ElementType.I32:
                Cast<int>(source, destination, static value => value);
                break;
            case ElementType.I64:
                Cast<long>(source, destination, static value => value);
                break;
            case ElementType.U8:
                Cast<byte>(source, destination, static value => value);
                break;
            case ElementType.U16:
                Cast<ushort>(source, destination, static value => value);
                break;
            case ElementType.U32:
                Cast<uint>(source, destination, static value => value);
                break;
            case ElementType.U64:
                Cast<ulong>(source, destination, static value => value);
                break;
            case ElementType.Bool:
                Cast<byte>(source, destination, static value => value == 0 ? 0f : 1f);
                break;
            default:
                throw new ArgumentException($"{type} has no form on the wire", nameof(type));
        }
    }

    /// <summary>Casts from float32: floats to nearest even, integers by truncation, to bool by "not zero".</summary>
    public static byte[] FromSingles(ReadOnlySpan<float> source, ElementType type)
    {
        var bytes = new byte[source.Length * DataTypes.SizeOf(type)];
        switch (type)
        {
            case ElementType.F32:
                MemoryMarshal.AsBytes(source).CopyTo(bytes);
                break;
            case ElementType.F16:
                Cast<Half>(source, bytes, static value => (Half)value);
                break;
            case ElementType.BF16:
                Cast<ushort>(source, bytes, ToBFloat16);
                break;
            case ElementType.F64:
                Cast<double>(source, bytes, static value => value);
                break;
            case ElementType.I8:
                Cast<sbyte>(source, bytes, static value => (sbyte)(long)value);
                break;
            case ElementType.I16:
                Cast<short>(source, bytes, static value => (short)(long)value);
                break;
            case ElementType.I32:
                Cast<int>(source, bytes, static value => (int)(long)value);
                break;
            case ElementType.I64:
                Cast<long>(source, bytes, static value => (long)value);
                break;
            case ElementType.U8:
                Cast<byte>(source, bytes, static value => (byte)(long)value);
                break;
            case ElementType.U16:
                Cast<ushort>(source, bytes, static value => (ushort)(long)value);
                break;
            case ElementType.U32:
                Cast<uint>(source, bytes, static value => (uint)(long)value);
                break;
            case ElementType.U64:
                Cast<ulong>(source, bytes, static value => (ulong)(long)value);
                break;
            case ElementType.Bool:
                Cast<byte>(source, bytes, static value => value != 0 ? (byte)1 : (byte)0);
                break;
            default:
                throw new ArgumentException($"{type} has no form on the wire", nameof(type));
        }

        return bytes;
    }

    /// <summary>Rounds to the upper 16 bits, to nearest even; every NaN becomes 0x7fc0, as in PyTorch.</summary>
    public static ushort ToBFloat16(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        return float.IsNaN(value) ? (ushort)0x7fc0 : (ushort)((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
    }

    /// <summary>The float32 values of little-endian bytes that need not be aligned.</summary>
    public static float[] ReadSingles(ReadOnlySpan<byte> bytes)
    {
        var values = new float[bytes.Length / sizeof(float)];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = BinaryPrimitives.ReadSingleLittleEndian(bytes[(i * sizeof(float))..]);
        }

        return values;
    }

    private static void Cast<T>(ReadOnlySpan<byte> source, Span<float> destination, Func<T, float> cast)
        where T : unmanaged
    {
        ReadOnlySpan<T> values = MemoryMarshal.Cast<byte, T>(source);
        for (int i = 0; i < destination.Length; i++)
        {
            destination[i] = cast(values[i]);
        }
    }

    private static void Cast<T>(ReadOnlySpan<float> source, Span<byte> destination, Func<float, T> cast)
        where T : unmanaged
    {
        Span<T> values = MemoryMarshal.Cast<byte, T>(destination);
        for (int i = 0; i < source.Length; i++)
        {
            values[i] = cast(source[i]);
        }
    }
}
