using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Whorl.MsgPack;

/// <summary>
/// Writes MessagePack byte for byte as Python's msgpack does with <c>use_bin_type</c> and <c>strict_types</c>: the shortest form of every
/// integer, string and container, floats always in 64 bits, tuples as extension 0x40.
/// </summary>
internal static class MsgPackWriter
{
    /// <summary>The bytes of a value.</summary>
    /// <param name="value">A value of a type that <see cref="MsgPackReader.Read"/> names, or an <see cref="int"/>.</param>
    /// <exception cref="ArgumentException">The value, or one inside it, is of another type.</exception>
    public static byte[] Write(object? value)
    {
        var output = new ArrayBufferWriter<byte>();
        Write(output, value);
        return output.WrittenSpan.ToArray();
    }

    private static void Write(ArrayBufferWriter<byte> output, object? value)
    {
        switch (value)
        {
            case null:
                Put(output, 0xc0);
                break;
            case bool flag:
                Put(output, flag ? (byte)0xc3 : (byte)0xc2);
                break;
            case int number:
                WriteInteger(output, number);
                break;
            case long number:
                WriteInteger(output, number);
                break;
            case double number:
                Put(output, 0xcb);
                BinaryPrimitives.WriteDoubleBigEndian(output.GetSpan(8), number);
                output.Advance(8);
                break;
            case string text:
                byte[] utf8 = Encoding.UTF8.GetBytes(text);
                WriteHeader(output, utf8.Length, fix: 0xa0, fixMax: 31, tag8: 0xd9, tag16: 0xda);
                output.Write(utf8);
                break;
            case byte[] bytes:
                WriteHeader(output, bytes.Length, fix: 0, fixMax: -1, tag8: 0xc4, tag16: 0xc5);
                output.Write(bytes);
                break;
            case IReadOnlyList<object?> items:
                WriteItems(output, items);
                break;
            case MsgPackMap map:
                WriteMap(output, map);
                break;
            case MsgPackTuple tuple:
                WriteExtension(output, MsgPackExtension.Tuple, Write(tuple.Items));
                break;
            case MsgPackExtension extension:
                WriteExtension(output, extension.Code, extension.Payload);
                break;
            default:
                throw new ArgumentException($"msgpack has no form for {value.GetType()}", nameof(value));
        }
    }

    private static void WriteItems(ArrayBufferWriter<byte> output, IReadOnlyList<object?> items)
    {
        WriteHeader(output, items.Count, fix: 0x90, fixMax: 15, tag8: null, tag16: 0xdc);
        foreach (object? item in items)
        {
            Write(output, item);
        }
    }

    private static void WriteMap(ArrayBufferWriter<byte> output, MsgPackMap map)
    {
        WriteHeader(output, map.Entries.Count, fix: 0x80, fixMax: 15, tag8: null, tag16: 0xde);
        foreach ((object key, object? item) in map.Entries)
        {
            Write(output, key);
            Write(output, item);
        }
    }

    private static void WriteExtension(ArrayBufferWriter<byte> output, sbyte code, byte[] payload)
    {
        if (payload.Length is 1 or 2 or 4 or 8 or 16)
        {
            Put(output, (byte)(0xd4 + int.Log2(payload.Length)));
        }
        else
        {
            WriteHeader(output, payload.Length, fix: 0, fixMax: -1, tag8: 0xc7, tag16: 0xc8);
        }

        Put(output, (byte)code);
        output.Write(payload);
    }

    private static void WriteInteger(ArrayBufferWriter<byte> output, long value)
    {
        if (value >= 0)
        {
            WriteUnsigned(output, (ulong)value);
        }
        else if (value >= -32)
        {
            Put(output, (byte)value);
        }
        else
        {
            int sizeLog = value >= sbyte.MinValue ? 0 : value >= short.MinValue ? 1 : value >= int.MinValue ? 2 : 3;
            Put(output, (byte)(0xd0 + sizeLog));
            PutBigEndian(output, (ulong)value, 1 << sizeLog);
        }
    }

    private static void WriteUnsigned(ArrayBufferWriter<byte> output, ulong value)
    {
        if (value <= 0x7f)
        {
            Put(output, (byte)value);
            return;
        }

        int sizeLog = value <= byte.MaxValue ? 0 : value <= ushort.MaxValue ? 1 : value <= uint.MaxValue ? 2 : 3;
        Put(output, (byte)(0xcc + sizeLog));
        PutBigEndian(output, value, 1 << sizeLog);
    }

    /// <summary>The tag and length of a string, byte string, container or extension, in the shortest form that its kind has.</summary>
    private static void WriteHeader(ArrayBufferWriter<byte> output, int count, byte fix, int fixMax, byte? tag8, byte tag16)
    {
        if (count <= fixMax)
        {
            Put(output, (byte)(fix | count));
        }
        else if (tag8 is byte tag && count <= byte.MaxValue)
        {
            Put(output, tag);
            PutBigEndian(output, (ulong)count, 1);
        }
        else
        {
            bool wide = count > ushort.MaxValue;
            Put(output, wide ? (byte)(tag16 + 1) : tag16);
            PutBigEndian(output, (ulong)count, wide ? 4 : 2);
        }
    }

    private static void Put(ArrayBufferWriter<byte> output, byte value)
    {
        output.GetSpan(1)[0] = value;
        output.Advance(1);
    }

    private static void PutBigEndian(ArrayBufferWriter<byte> output, ulong value, int bytes)
    {
        Span<byte> span = output.GetSpan(bytes);
        for (int i = bytes - 1; i >= 0; i--)
        {
            span[i] = (byte)value;
            value >>= 8;
        }

        output.Advance(bytes);
    }
}
