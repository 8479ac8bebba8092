using System.Runtime.InteropServices;
using Whorl.Formats;
using Whorl.Kernels.Cpu;
using Whorl.Tensors;
using Whorl.Testing;

namespace Whorl.Models.Tests;

public sealed class TernaryWeightsTests
{
    public static TheoryData<string> Cases => ["48x96", "64x256", "edges", "ties", "tiny"];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Weights_are_rounded_and_unpacked_to_the_reference_s_codes(string name)
    {
        using FileCheckpoint golden = OpenReference();
        float[] weights = golden.ReadSingles(golden.Get($"bitnet.{name}.W"));
        sbyte[] codes = MemoryMarshal.Cast<byte, sbyte>(Bytes(golden, $"bitnet.{name}.codes")).ToArray();
        TernaryWeights.Round(weights, TernaryWeights.AddMagnitudes(0, weights) / weights.Length);
        Assert.Equal(codes.Select(c => (int)c), weights.Select(Math.Sign));

        byte[] packed = Bytes(golden, $"bitnet.{name}.packed");
        foreach (float scale in (float[])[0.75f, 0.1f])
        {
            float[] expected = Array.ConvertAll(codes, c => c * scale), unpacked = new float[codes.Length];
            for (int pair = 0; pair < TernaryWeights.PerByte; pair++)
            {
                TernaryWeights.Unpack(packed, pair, scale, MemoryMarshal.AsBytes(unpacked.AsSpan(pair * packed.Length)));
            }

            Assert.Equal(expected, unpacked);
        }

        ushort[] halves = new ushort[codes.Length];
        for (int pair = 0; pair < TernaryWeights.PerByte; pair++)
        {
            TernaryWeights.UnpackToBFloat16(packed, pair, 0.75f, MemoryMarshal.AsBytes(halves.AsSpan(pair * packed.Length)));
        }

        float[] widened = Array.ConvertAll(halves, half => BitConverter.UInt32BitsToSingle((uint)half << 16));
        Assert.Equal(Array.ConvertAll(codes, c => c * 0.75f), widened);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Activations_are_rounded_to_the_reference_s_codes(string name)
    {
        using FileCheckpoint golden = OpenReference();
        using CpuBackend backend = new(new CpuBackendOptions { Threads = 1 });
        TensorEntry entry = golden.Get($"bitnet.{name}.x");
        int columns = (int)entry.Shape[1];
        float[] scales = golden.ReadSingles(golden.Get($"bitnet.{name}.x_scale"));
        sbyte[] codes = MemoryMarshal.Cast<byte, sbyte>(Bytes(golden, $"bitnet.{name}.x_codes")).ToArray();
        Tensor x = backend.Upload(golden.ReadSingles(entry), columns);
        float[] expected = [.. codes.Select((code, i) => code / scales[i / columns])];
        Assert.Equal(expected, backend.Values(backend.RoundToInt8(x)));
    }

    private static FileCheckpoint OpenReference() =>
        SafetensorsCheckpoint.Open(ReferenceData.PathOf("golden", "quantisation", "groupwise_bitnet.safetensors"));

    private static byte[] Bytes(FileCheckpoint golden, string name)
    {
        TensorEntry entry = golden.Get(name);
        byte[] bytes = new byte[entry.ByteLength];
        golden.Read(entry, 0, bytes);
        return bytes;
    }
}
