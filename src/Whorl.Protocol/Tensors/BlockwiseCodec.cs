using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Whorl.Protocol.Messages;
using Whorl.Tensors;

namespace Whorl.Protocol.Tensors;

/// <summary>
/// bitsandbytes' blockwise 8-bit quantisation (Dettmers et al., 8-bit Optimizers via Block-wise Quantization, arXiv 2110.02861): blocks of
/// 4096 scaled by their largest magnitude, then the nearest of 256 values of the dynamic map. Buffer: the number of blocks and of table
/// entries as int64, the magnitudes, the table, one byte for each element.
/// </summary>
/// <remarks>
/// Types other than float32 are cast to it first, as hivemind's own code does since 2024. The recorded version handed bitsandbytes their
/// memory as if it were float32, which gives no meaning that could be read back.
/// </remarks>
internal static class BlockwiseCodec
{
    private const int BlockSize = 4096;
    private const int Entries = 256;
    private const int MaxExponentBits = 7;

    private static readonly float[] DynamicMap = CreateDynamicMap();

    public static byte[] Encode(WireArray array)
    {
        float[] values = array.ToSingles();
        int blocks = (values.Length + BlockSize - 1) / BlockSize;
        int absmaxAt = 2 * sizeof(long);
        int tableAt = absmaxAt + (blocks * sizeof(float));
        int indicesAt = tableAt + (Entries * sizeof(float));
        var buffer = new byte[indicesAt + values.Length];
        BinaryPrimitives.WriteInt64LittleEndian(buffer, blocks);
        BinaryPrimitives.WriteInt64LittleEndian(buffer.AsSpan(sizeof(long)), Entries);
        MemoryMarshal.AsBytes(DynamicMap.AsSpan()).CopyTo(buffer.AsSpan(tableAt));
        for (int block = 0; block < blocks; block++)
        {
            int start = block * BlockSize;
            ReadOnlySpan<float> part = values.AsSpan(start, Math.Min(BlockSize, values.Length - start));
            float absmax = Quantise(part, buffer.AsSpan(indicesAt + start));
            BinaryPrimitives.WriteSingleLittleEndian(buffer.AsSpan(absmaxAt + (block * sizeof(float))), absmax);
        }

        return buffer;
    }

    public static byte[] Decode(TensorMessage message, ElementType type)
    {
        ReadOnlySpan<byte> buffer = message.Buffer.Span;
        int blocks = (message.ElementCount + BlockSize - 1) / BlockSize;
        TensorCodec.ExpectLength(message, (2L * sizeof(long)) + (((long)blocks + Entries) * sizeof(float)) + message.ElementCount);
        if (BinaryPrimitives.ReadInt64LittleEndian(buffer) != blocks || BinaryPrimitives.ReadInt64LittleEndian(
            buffer[sizeof(long)..]) != Entries)
        {
            throw new WireFormatException($"a blockwise quantised tensor needs {blocks} magnitudes and {Entries} table entries");
        }

        float[] scales = ElementConversion.ReadSingles(buffer.Slice(2 * sizeof(long), (blocks + Entries) * sizeof(float)));
        ReadOnlySpan<float> table = scales.AsSpan(blocks);
        ReadOnlySpan<byte> indices = buffer[^message.ElementCount..];
        var values = new float[indices.Length];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = table[indices[i]] * scales[i / BlockSize];
        }

        return ElementConversion.FromSingles(values, type);
    }

    private static float Quantise(ReadOnlySpan<float> block, Span<byte> indices)
    {
        float absmax = float.MinValue;
        foreach (float value in block)
        {
            absmax = MathF.Abs(value) > absmax ? MathF.Abs(value) : absmax;
        }

        for (int i = 0; i < block.Length; i++)
        {
            indices[i] = (byte)Nearest(block[i] / absmax);
        }

        return absmax;
    }

    /// <summary>
    /// The index of the nearest value; of two equally near, the smaller one. An all-zero block (0/0) gets the index of zero.
    /// </summary>
    private static int Nearest(float value)
    {
        if (float.IsNaN(value))
        {
            value = 0;
        }

        int index = Array.BinarySearch(DynamicMap, value);
        index = Math.Max(index >= 0 ? index : ~index - 1, 0);
        return index < Entries - 1 && MathF.Abs(value - DynamicMap[index + 1]) < MathF.Abs(value - DynamicMap[index]) ? index + 1 : index;
    }

    /// <summary>
    /// For each exponent e = 0…6 the middles of 2^e equal steps from 0.1 to 1, times 10^(e-6), with both signs; then 0 and 1. The
    /// smallest is replaced by -1.
    /// </summary>
    private static float[] CreateDynamicMap()
    {
        var map = new List<float> { 0f, 1f };
        for (int exponent = 0; exponent < MaxExponentBits; exponent++)
        {
            int steps = 1 << exponent;
            float scale = (float)Math.Pow(10, exponent - (MaxExponentBits - 1));
            for (int i = 0; i < steps; i++)
            {
                float middle = (Boundary(i, steps) + Boundary(i + 1, steps)) / 2f;
                map.Add(scale * middle);
                map.Add(-scale * middle);
            }
        }

        map.Sort();
        map[0] = -1f; // bitsandbytes' own search needs the whole range
        return [.. map];
    }

    /// <summary>torch.linspace(0.1, 1, steps + 1)[index]: from the nearer end, fused, in float32.</summary>
    private static float Boundary(int index, int steps)
    {
        const float Start = 0.1f;
        const float End = 1f;
        float step = (End - Start) / steps;
        return index < (steps + 1) / 2
            ? MathF.FusedMultiplyAdd(step, index, Start)
            : MathF.FusedMultiplyAdd(-step, steps - index, End);
    }
}
