using System.Buffers.Binary;
using System.Text;

namespace Whorl.MsgPack;

/// <summary>
/// Reads MessagePack in hivemind's dialect (the specification at github.com/msgpack/msgpack/blob/master/spec.md, with extension 0x40 for
/// tuples). Counts and lengths are compared with the bytes that are left before anything is allocated, and nesting is bounded.
/// </summary>
internal ref struct MsgPackReader
{
    /// <summary>How deep arrays, maps and tuples may nest.</summary>
    public const int MaxDepth = 32;

    /// <summary>
    /// How many values there may be, those in arrays, maps and tuples included: one of a single byte takes a hundred bytes of memory once it is read.
    /// Petals' largest, the metadata of a step with 1024 next servers, has about 5000.
    /// </summary>
    public const int MaxValues = 32_768;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly ReadOnlySpan<byte> _bytes;
    private int _position;
    private int _values;

    private MsgPackReader(ReadOnlySpan<byte> bytes, int values)
    {
        _bytes = bytes;
        _values = values;
    }

    /// <summary>Reads the one value that fills <paramref name="bytes"/>.</summary>
    /// <returns>
    /// null, <see cref="bool"/>, <see cref="long"/>, <see cref="double"/>, <see cref="string"/>, a byte array,
    /// a list of such values, <see cref="MsgPackTuple"/>, <see cref="MsgPackMap"/> or <see cref="MsgPackExtension"/>.
    /// </returns>
    /// <exception cref="WireFormatException">
    /// The bytes are not one value, nest deeper than <see cref="MaxDepth"/> or hold more than <see cref="MaxValues"/>.
    /// </exception>
    public static object? Read(ReadOnlySpan<byte> bytes)
    {
        int values = 0;
        return ReadWhole(bytes, depth: 0, ref values);
    }

    /// <summary>As <see cref="Read"/>, for a value that must be a map.</summary>
    /// <exception cref="WireFormatException">It is not a map, or not MessagePack.</exception>
    public static MsgPackMap ReadMap(ReadOnlySpan<byte> bytes, string what) =>
        Read(bytes) as MsgPackMap ?? throw new WireFormatException($"{what}: not a msgpack map");

    private static object? ReadWhole(ReadOnlySpan<byte> bytes, int depth, ref int values)
    {
        var reader = new MsgPackReader(bytes, values);
        object? value = reader.ReadValue(depth);
        values = reader._values;
        return reader._position == bytes.Length
            ? value
            : throw new WireFormatException($"msgpack: {bytes.Length - reader._position} bytes after the value");
    }

    private object? ReadValue(int depth)
    {
        if (depth > MaxDepth)
        {
            throw new WireFormatException($"msgpack: nested deeper than {MaxDepth}");
        }

        if (++_values > MaxValues)
        {
            throw new WireFormatException($"msgpack: more than {MaxValues} values");
        }

        byte tag = Take(1)[0];
        return tag switch
        {
            <= 0x7f => (long)tag,
            <= 0x8f => ReadMap(tag & 0x0f, depth),
            <= 0x9f => ReadArray(tag & 0x0f, depth),
            <= 0xbf => ReadString(tag & 0x1f),
            0xc0 => null,
            0xc2 => false,
            0xc3 => true,
            0xc4 or 0xc5 or 0xc6 => Take(ReadLength(tag - 0xc4)).ToArray(),
            0xc7 or 0xc8 or 0xc9 => ReadExtension(ReadLength(tag - 0xc7), depth),
            0xca => (double)BinaryPrimitives.ReadSingleBigEndian(Take(4)),
            0xcb => BinaryPrimitives.ReadDoubleBigEndian(Take(8)),
            >= 0xcc and <= 0xcf => Signed(ReadUnsigned(1 << (tag - 0xcc))),
            0xd0 => (long)(sbyte)Take(1)[0],
            0xd1 => (long)BinaryPrimitives.ReadInt16BigEndian(Take(2)),
            0xd2 => (long)BinaryPrimitives.ReadInt32BigEndian(Take(4)),
            0xd3 => BinaryPrimitives.ReadInt64BigEndian(Take(8)),
            >= 0xd4 and <= 0xd8 => ReadExtension(1 << (tag - 0xd4), depth),
            0xd9 or 0xda or 0xdb => ReadString(ReadLength(tag - 0xd9)),
            0xdc or 0xdd => ReadArray(ReadLength(tag - 0xdc + 1), depth),
            0xde or 0xdf => ReadMap(ReadLength(tag - 0xde + 1), depth),
            >= 0xe0 => (long)(sbyte)tag,
            _ => throw new WireFormatException($"msgpack: the byte 0x{tag:x2} starts no value"),
        };
    }

    private List<object?> ReadArray(int count, int depth)
    {
        NeedRoomFor(count);
        NeedValues(count);
        var items = new List<object?>(count);
        for (int i = 0; i < count; i++)
        {
            items.Add(ReadValue(depth + 1));
        }

        return items;
    }

    private MsgPackMap ReadMap(int count, int depth)
    {
        NeedRoomFor((long)count * 2);
        NeedValues((long)count * 2);
        var map = new MsgPackMap();
        for (int i = 0; i < count; i++)
        {
            object? key = ReadValue(depth + 1);
            if (key is not (string or byte[]))
            {
                throw new WireFormatException("msgpack: a map's key is neither a string nor bytes");
            }

            map.Add(key, ReadValue(depth + 1));
        }

        return map;
    }

    private object ReadExtension(int length, int depth)
    {
        sbyte code = (sbyte)Take(1)[0];
        ReadOnlySpan<byte> payload = Take(length);
        if (code != MsgPackExtension.Tuple)
        {
            return new MsgPackExtension(code, payload.ToArray());
        }

        return ReadWhole(payload, depth + 1, ref _values) is List<object?> items
            ? new MsgPackTuple(items)
            : throw new WireFormatException("msgpack: a tuple (extension 0x40) does not hold an array");
    }

    private string ReadString(int length)
    {
        ReadOnlySpan<byte> text = Take(length);
        try
        {
            return StrictUtf8.GetString(text);
        }
        catch (DecoderFallbackException e)
        {
            throw new WireFormatException("msgpack: a string is not UTF-8", e);
        }
    }

    private static long Signed(ulong value) =>
        value <= long.MaxValue ? (long)value : throw new WireFormatException("msgpack: an integer beyond 2^63 - 1");

    private ulong ReadUnsigned(int size)
    {
        ulong value = 0;
        foreach (byte b in Take(size))
        {
            value = value << 8 | b;
        }

        return value;
    }

    /// <summary>A big-endian length of 1, 2 or 4 bytes.</summary>
    private int ReadLength(int sizeLog)
    {
        long value = (long)ReadUnsigned(1 << sizeLog);
        NeedRoomFor(value);
        return (int)value;
    }

    private ReadOnlySpan<byte> Take(int count)
    {
        NeedRoomFor(count);
        ReadOnlySpan<byte> taken = _bytes.Slice(_position, count);
        _position += count;
        return taken;
    }

    private readonly void NeedValues(long count)
    {
        if (count > MaxValues - _values)
        {
            throw new WireFormatException($"msgpack: more than {MaxValues} values");
        }
    }

    private readonly void NeedRoomFor(long count)
    {
        if (count > _bytes.Length - _position)
        {
            throw new WireFormatException($"msgpack: {count} bytes or elements announced at offset {_position} of {_bytes.Length}");
        }
    }
}
