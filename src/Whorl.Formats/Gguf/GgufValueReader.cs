using System.Runtime.InteropServices;

namespace Whorl.Formats;

/// <summary>Reads metadata values as .NET objects: boxed numbers, strings, arrays of either, arrays of arrays.</summary>
internal static class GgufValueReader
{
    /// <summary>The most bytes of one string; chat templates, the longest known, have some 20 KB.</summary>
    public const int MaxStringBytes = 16 << 20;

    /// <summary>The most elements of one array; the largest vocabularies have 262144 tokens and twice as many merges.</summary>
    public const int MaxArrayElements = 1 << 26;

    /// <summary>How deep arrays of arrays may go; no known file has any.</summary>
    private const int MaxDepth = 4;

    public static object Read(GgufCursor cursor, string key) => ReadValue(cursor, ReadType(cursor, key), key, 0);

    private static GgufValueType ReadType(GgufCursor cursor, string key)
    {
        long at = cursor.Position;
        uint type = cursor.ReadUInt32();
        return type <= (uint)GgufValueType.Float64
            ? (GgufValueType)type
            : throw cursor.Wrong($"there is no value type {type}", at, key);
    }

    private static object ReadValue(GgufCursor cursor, GgufValueType type, string key, int depth) => type switch
    {
        GgufValueType.UInt8 => cursor.ReadByte(),
        GgufValueType.Int8 => (sbyte)cursor.ReadByte(),
        GgufValueType.UInt16 => cursor.ReadUInt16(),
        GgufValueType.Int16 => (short)cursor.ReadUInt16(),
        GgufValueType.UInt32 => cursor.ReadUInt32(),
        GgufValueType.Int32 => (int)cursor.ReadUInt32(),
        GgufValueType.UInt64 => cursor.ReadUInt64(),
        GgufValueType.Int64 => (long)cursor.ReadUInt64(),
        GgufValueType.Float32 => BitConverter.UInt32BitsToSingle(cursor.ReadUInt32()),
        GgufValueType.Float64 => BitConverter.UInt64BitsToDouble(cursor.ReadUInt64()),
        GgufValueType.Bool => cursor.ReadByte() != 0,
        GgufValueType.String => cursor.ReadText("a string", MaxStringBytes),
        _ => ReadArray(cursor, key, depth + 1),
    };

    private static object ReadArray(GgufCursor cursor, string key, int depth)
    {
        if (depth > MaxDepth)
        {
            throw cursor.Wrong($"arrays are nested deeper than {MaxDepth}", name: key);
        }

        GgufValueType type = ReadType(cursor, key);
        int count = cursor.ReadCount("elements of an array", LeastBytes(type), MaxArrayElements);
        return type switch
        {
            GgufValueType.UInt8 => ReadNumbers<byte>(cursor, count),
            GgufValueType.Int8 => ReadNumbers<sbyte>(cursor, count),
            GgufValueType.UInt16 => ReadNumbers<ushort>(cursor, count),
            GgufValueType.Int16 => ReadNumbers<short>(cursor, count),
            GgufValueType.UInt32 => ReadNumbers<uint>(cursor, count),
            GgufValueType.Int32 => ReadNumbers<int>(cursor, count),
            GgufValueType.UInt64 => ReadNumbers<ulong>(cursor, count),
            GgufValueType.Int64 => ReadNumbers<long>(cursor, count),
            GgufValueType.Float32 => ReadNumbers<float>(cursor, count),
            GgufValueType.Float64 => ReadNumbers<double>(cursor, count),
            GgufValueType.Bool => Array.ConvertAll(ReadNumbers<byte>(cursor, count), value => value != 0),
            GgufValueType.String => ReadStrings(cursor, count),
            _ => ReadArrays(cursor, key, count, depth),
        };
    }

    private static T[] ReadNumbers<T>(GgufCursor cursor, int count)
        where T : unmanaged
    {
        T[] values = GC.AllocateUninitializedArray<T>(count);
        Span<byte> bytes = MemoryMarshal.AsBytes(values.AsSpan());
        cursor.ReadInto(bytes);
        if (!BitConverter.IsLittleEndian)
        {
            for (int size = Marshal.SizeOf<T>(), i = 0; i < bytes.Length; i += size)
            {
                bytes.Slice(i, size).Reverse();
            }
        }

        return values;
    }

    private static string[] ReadStrings(GgufCursor cursor, int count)
    {
        string[] values = new string[count];
        for (int i = 0; i < count; i++)
        {
            values[i] = cursor.ReadText("a string", MaxStringBytes);
        }

        return values;
    }

    private static object[] ReadArrays(GgufCursor cursor, string key, int count, int depth)
    {
        object[] values = new object[count];
        for (int i = 0; i < count; i++)
        {
            values[i] = ReadArray(cursor, key, depth + 1);
        }

        return values;
    }

    /// <summary>The fewest bytes an element takes: a string is a length at least, an array a type and a count.</summary>
    private static int LeastBytes(GgufValueType type) => type switch
    {
        GgufValueType.UInt8 or GgufValueType.Int8 or GgufValueType.Bool => 1,
        GgufValueType.UInt16 or GgufValueType.Int16 => 2,
        GgufValueType.UInt32 or GgufValueType.Int32 or GgufValueType.Float32 => 4,
        GgufValueType.Array => 12,
        _ => 8,
    };
}
