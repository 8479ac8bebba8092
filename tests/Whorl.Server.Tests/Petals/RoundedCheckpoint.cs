using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Whorl.Server.Tests.Petals;

/// <summary>A copy of a float32 checkpoint whose values are rounded to bfloat16, as servers that compute in bfloat16 have them.</summary>
internal sealed class RoundedCheckpoint : IDisposable
{
    public RoundedCheckpoint(string model)
    {
        File.Copy(System.IO.Path.Combine(model, "config.json"), System.IO.Path.Combine(Path, "config.json"));
        byte[] bytes = File.ReadAllBytes(System.IO.Path.Combine(model, "model.safetensors"));
        int header = (int)BinaryPrimitives.ReadInt64LittleEndian(bytes);
        foreach (ref uint value in MemoryMarshal.Cast<byte, uint>(bytes.AsSpan(8 + header)))
        {
            value = (value + 0x7FFF + ((value >> 16) & 1)) & 0xFFFF0000; // to nearest, half to even; no value is near the largest
        }

        File.WriteAllBytes(System.IO.Path.Combine(Path, "model.safetensors"), bytes);
    }

    public string Path { get; } = Directory.CreateTempSubdirectory("whorl-petals-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
