using System.Runtime.InteropServices;
using Whorl.Formats;

namespace Whorl.Models.Tests;

/// <summary>Tensors of an expectation file, read whole.</summary>
internal sealed class GoldenTensors : IDisposable
{
    private readonly FileCheckpoint _file;

    public GoldenTensors(string path) => _file = SafetensorsCheckpoint.Open(path);

    public bool Has(string name) => _file.TryGet(name, out _);

    public float[] Floats(string name) => _file.ReadSingles(_file.Get(name));

    public int[] Ids(string name)
    {
        TensorEntry entry = _file.Get(name);
        long[] ids = new long[entry.ElementCount];
        _file.Read(entry, MemoryMarshal.AsBytes(ids.AsSpan()));
        return [.. ids.Select(id => (int)id)];
    }

    public void Dispose() => _file.Dispose();
}
