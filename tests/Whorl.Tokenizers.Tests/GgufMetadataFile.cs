using System.Text;

namespace Whorl.Tokenizers.Tests;

/// <summary>The metadata of a gzipped GGUF file, read the simple way: the tests trust their files.</summary>
internal static class GgufMetadataFile
{
    public static IReadOnlyDictionary<string, object> Read(string path)
    {
        using var reader = new BinaryReader(new MemoryStream(GoldenFiles.Unzip(path)), Encoding.UTF8);
        Assert.Equal("GGUF"u8.ToArray(), reader.ReadBytes(4));
        Assert.Equal(3u, reader.ReadUInt32());
        reader.ReadUInt64();
        var values = new Dictionary<string, object>();
        for (ulong left = reader.ReadUInt64(); left > 0; left--)
        {
            string key = ReadString(reader);
            values.Add(key, ReadValue(reader, reader.ReadUInt32()));
        }

        return values;
    }

    private static object ReadValue(BinaryReader reader, uint type)
    {
        if (type != 9)
        {
            return ReadScalar(reader, type);
        }

        uint of = reader.ReadUInt32();
        object[] items = new object[reader.ReadUInt64()];
        for (int i = 0; i < items.Length; i++)
        {
            items[i] = ReadScalar(reader, of);
        }

        return of switch
        {
            8 => items.Cast<string>().ToArray(),
            6 => items.Cast<float>().ToArray(),
            5 => items.Cast<int>().ToArray(),
            _ => items,
        };
    }

    private static object ReadScalar(BinaryReader reader, uint type) => type switch
    {
        0 => reader.ReadByte(),
        1 => reader.ReadSByte(),
        2 => reader.ReadUInt16(),
        3 => reader.ReadInt16(),
        4 => reader.ReadUInt32(),
        5 => reader.ReadInt32(),
        6 => reader.ReadSingle(),
        7 => reader.ReadByte() != 0,
        8 => ReadString(reader),
        10 => reader.ReadUInt64(),
        11 => reader.ReadInt64(),
        12 => reader.ReadDouble(),
        _ => throw new InvalidDataException($"type {type}"),
    };

    private static string ReadString(BinaryReader reader) => Encoding.UTF8.GetString(reader.ReadBytes((int)reader.ReadUInt64()));
}
