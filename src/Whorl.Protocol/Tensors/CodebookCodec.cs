using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Whorl.Protocol.Messages;
using Whorl.Tensors;

namespace Whorl.Protocol.Tensors;

/// <summary>
/// 8-bit indices into a table of 256 float32 that travels along. Buffer: the table's length as int64, the table, one byte for each element.
/// The uniform and the quantile form differ in how values are sorted into 256 buckets; the table holds the buckets' means.
/// </summary>
internal static class CodebookCodec
{
    private const int Bins = 256;

    /// <summary>The range that uniform quantisation spans, in deviations.</summary>
    private const float RangeInSigmas = 6;

    /// <summary>The largest float32 that FBGEMM converts to an integer; NaN becomes it as well.</summary>
    private const float MaxConvertible = 2147482592f;

    public static byte[] EncodeUniform(WireArray array)
    {
        if (array.Type != ElementType.F32)
        {
            throw new NotSupportedException($"uniform 8-bit quantisation takes only float32, not {array.Type}");
        }

        RefuseEmpty(array);
        float[] values = array.ToSingles();
        return Write(values, UniformIndices(values));
    }

    public static byte[] EncodeQuantiles(WireArray array)
    {
        Float16Codec.RefuseBFloat16(array);
        RefuseEmpty(array);
        float[] values = array.ToSingles();
        ReadOnlySpan<float> borders = Quantiles.OfQuantiles(values, Bins + 1).AsSpan(1, Bins - 1);
        var indices = new byte[values.Length];
        for (int i = 0; i < values.Length; i++)
        {
            indices[i] = (byte)LowerBound(borders, values[i]);
        }

        return Write(values, indices);
    }

    public static byte[] Decode(TensorMessage message, ElementType type)
    {
        ReadOnlySpan<byte> buffer = message.Buffer.Span;
        long entries = buffer.Length < sizeof(long) ? -1 : BinaryPrimitives.ReadInt64LittleEndian(buffer);
        if (entries is < 1 or > Bins)
        {
            throw new WireFormatException($"a quantised tensor's table has {entries} entries, 1 to {Bins} are taken");
        }

        int tableEnd = sizeof(long) + ((int)entries * sizeof(float));
        TensorCodec.ExpectLength(message, (long)tableEnd + message.ElementCount);
        byte[] table = ElementConversion.FromSingles(ElementConversion.ReadSingles(buffer[sizeof(long)..tableEnd]), type);
        int size = DataTypes.SizeOf(type);
        var data = new byte[message.ElementCount * size];
        ReadOnlySpan<byte> indices = buffer[tableEnd..];
        for (int i = 0; i < indices.Length; i++)
        {
            if (indices[i] >= entries)
            {
                throw new WireFormatException($"a quantised tensor refers to entry {indices[i]} of {entries}");
            }

            table.AsSpan(indices[i] * size, size).CopyTo(data.AsSpan(i * size));
        }

        return data;
    }

    /// <summary>Steps of 6·deviation/256 about the mean, which gets index 128; the deviation is the unbiased one.</summary>
    private static byte[] UniformIndices(float[] values)
    {
        float mean = TorchSum.Sum(values) / values.Length;
        var centred = new float[values.Length];
        for (int i = 0; i < values.Length; i++)
        {
            centred[i] = values[i] - mean;
        }

        float deviation = TorchSum.Norm(centred) / (float)Math.Sqrt(values.Length - 1);
        float inverseScale = 1f / (RangeInSigmas * deviation / Bins);
        var indices = new byte[values.Length];
        for (int i = 0; i < values.Length; i++)
        {
            float steps = centred[i] * inverseScale;
            steps = steps < MaxConvertible ? steps : MaxConvertible; // NaN too
            indices[i] = (byte)Math.Clamp(MathF.Round(steps, MidpointRounding.ToEven) + (Bins / 2), 0, Bins - 1);
        }

        return indices;
    }

    private static byte[] Write(ReadOnlySpan<float> values, ReadOnlySpan<byte> indices)
    {
        var buffer = new byte[sizeof(long) + (Bins * sizeof(float)) + indices.Length];
        BinaryPrimitives.WriteInt64LittleEndian(buffer, Bins);
        MemoryMarshal.AsBytes(BucketMeans(values, indices).AsSpan()).CopyTo(buffer.AsSpan(sizeof(long)));
        indices.CopyTo(buffer.AsSpan(sizeof(long) + (Bins * sizeof(float))));
        return buffer;
    }

    private static float[] BucketMeans(ReadOnlySpan<float> values, ReadOnlySpan<byte> indices)
    {
        var sums = new float[Bins];
        var counts = new int[Bins];
        for (int i = 0; i < values.Length; i++)
        {
            sums[indices[i]] += values[i];
            counts[indices[i]]++;
        }

        for (int bin = 0; bin < Bins; bin++)
        {
            sums[bin] /= Math.Max(counts[bin], 1);
        }

        return sums;
    }

    /// <summary>The first border that is not below the value, by bisection; a border that is NaN counts as below.</summary>
    private static int LowerBound(ReadOnlySpan<float> borders, float value)
    {
        (int start, int end) = (0, borders.Length);
        while (start < end)
        {
            int middle = start + ((end - start) / 2);
            if (borders[middle] >= value)
            {
                end = middle;
            }
            else
            {
                start = middle + 1;
            }
        }

        return start;
    }

    private static void RefuseEmpty(WireArray array)
    {
        if (array.Count == 0)
        {
            throw new NotSupportedException("an empty array has no mean and no quantiles; send it uncompressed");
        }
    }
}
