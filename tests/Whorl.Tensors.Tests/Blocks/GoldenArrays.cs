using System.Buffers.Binary;
using System.Text.Json;

namespace Whorl.Tensors.Tests.Blocks;

/// <summary>A reference file's arrays; a reader of its own, because Whorl.Formats stands above Whorl.Tensors.</summary>
internal sealed class GoldenArrays
{
    private readonly byte[] _file;
    private readonly JsonElement _header;
    private readonly int _data;

    public GoldenArrays(string path)
    {
        _file = File.ReadAllBytes(path);
        int headerLength = (int)BinaryPrimitives.ReadInt64LittleEndian(_file);
        _header = JsonDocument.Parse(_file.AsMemory(8, headerLength)).RootElement;
        _data = 8 + headerLength;
    }

    public IEnumerable<string> Names => _header.EnumerateObject().Select(entry => entry.Name);

    public ReadOnlySpan<byte> Bytes(string name)
    {
        JsonElement offsets = _header.GetProperty(name).GetProperty("data_offsets");
        return _file.AsSpan((_data + offsets[0].GetInt32())..(_data + offsets[1].GetInt32()));
    }

    public float[] Floats(string name)
    {
        ReadOnlySpan<byte> bytes = Bytes(name);
        float[] values = new float[bytes.Length / 4];
        BlockCodec.Decode(ElementType.F32, bytes, values);
        return values;
    }
}
