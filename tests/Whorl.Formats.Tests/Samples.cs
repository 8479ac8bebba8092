using System.Buffers.Binary;
using System.Text;
using Whorl.Tensors;

namespace Whorl.Formats.Tests;

/// <summary>Small files and values for tests.</summary>
internal static class Samples
{
    public static float[] Singles(int count, int seed)
    {
        Random random = new(seed);
        return [.. Enumerable.Range(0, count).Select(_ => (random.NextSingle() * 2) - 1)];
    }

    /// <summary>A safetensors file of a header as given and as many data bytes.</summary>
    public static byte[] Safetensors(string json, int dataBytes = 0)
    {
        byte[] text = Encoding.UTF8.GetBytes(json);
        byte[] file = new byte[8 + text.Length + dataBytes];
        BinaryPrimitives.WriteInt64LittleEndian(file, text.Length);
        text.CopyTo(file, 8);
        return file;
    }

    public static TensorSource[] Tensors() =>
    [
        TensorSource.FromSingles("token_embd.weight", ElementType.F32, [5, 64], Singles(320, 1)),
        TensorSource.FromSingles("blk.0.attn_q.weight", ElementType.F16, [3, 32], Singles(96, 2)),
        TensorSource.FromSingles("blk.0.attn_k.weight", ElementType.BF16, [3], Singles(3, 3)),
        TensorSource.FromBytes("blk.1.codes", ElementType.I8, [2, 2, 3], Encoding.ASCII.GetBytes("abcdefghijkl")),
        TensorSource.FromSingles("scalar", ElementType.F32, [], Singles(1, 4)),
        TensorSource.FromBytes("empty", ElementType.I32, [0, 7], ReadOnlyMemory<byte>.Empty),
    ];

    public static TensorSource[] QuantisedTensors() =>
    [
        .. Tensors(),
        TensorSource.FromSingles("q4_0", ElementType.Q4_0, [2, 64], Singles(128, 5)),
        TensorSource.FromSingles("q6_k", ElementType.Q6_K, [2, 256], Singles(512, 6)),
    ];

    public static Dictionary<string, object> Metadata() => new()
    {
        ["general.architecture"] = "llama",
        ["u8"] = byte.MaxValue,
        ["i8"] = sbyte.MinValue,
        ["u16"] = ushort.MaxValue,
        ["i16"] = short.MinValue,
        ["u32"] = uint.MaxValue,
        ["i32"] = int.MinValue,
        ["u64"] = ulong.MaxValue,
        ["i64"] = long.MinValue,
        ["f32"] = 1.5f,
        ["f64"] = Math.PI,
        ["yes"] = true,
        ["text"] = "naïve 🌀",
        ["nothing"] = "",
        ["tokens"] = new[] { "a", "", "ŏ" },
        ["scores"] = new[] { -1f, float.NegativeInfinity },
        ["types"] = new[] { 1, 3, -2 },
        ["unsigned"] = new[] { 1u, 2u },
        ["flags"] = new[] { true, false },
        ["doubles"] = new[] { 0.1, 0.2 },
        ["none"] = Array.Empty<long>(),
        ["nested"] = new object[] { new[] { 1, 2 }, new[] { "x" }, new object[] { new byte[] { 7 } } },
    };
}
