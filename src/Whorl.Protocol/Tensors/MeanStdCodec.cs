using System.Runtime.InteropServices;
using Whorl.Protocol.Messages;
using Whorl.Tensors;

namespace Whorl.Protocol.Tensors;

/// <summary>
/// 16-bit floats after scaling each row (the last axis) to mean 0 and deviation 1. Buffer: a binary16 for each element, then a float32 mean
/// for each row, then a float32 deviation for each row.
/// </summary>
internal static class MeanStdCodec
{
    /// <summary>float32's machine epsilon, below which no deviation is taken.</summary>
    private const float Epsilon = 1.1920929e-7f;

    /// <summary>What x86 gives for 0/0, and so what an empty row of PyTorch's has for a mean: NaN with its sign bit set.</summary>
    private static readonly float EmptyMean = BitConverter.UInt32BitsToSingle(0xffc00000);

    public static byte[] Encode(WireArray array)
    {
        Float16Codec.RefuseBFloat16(array);
        if (array.Shape.Count == 0)
        {
            throw new NotSupportedException("a scalar has no last axis to scale along");
        }

        float[] values = array.ToSingles();
        int width = array.Shape[^1];
        int rows = RowCount(array.Shape);
        var buffer = new byte[(values.Length * sizeof(ushort)) + (rows * 2 * sizeof(float))];
        Span<Half> halves = MemoryMarshal.Cast<byte, Half>(buffer.AsSpan(0, values.Length * sizeof(ushort)));
        Span<float> statistics = new float[rows * 2];
        for (int row = 0; row < rows; row++)
        {
            Span<float> line = values.AsSpan(row * width, width);
            (float mean, float deviation) = Scale(line);
            Float16Codec.Clamp(line, halves.Slice(row * width, width));
            statistics[row] = mean;
            statistics[rows + row] = deviation;
        }

        MemoryMarshal.AsBytes(statistics).CopyTo(buffer.AsSpan(values.Length * sizeof(ushort)));
        return buffer;
    }

    public static byte[] Decode(TensorMessage message, ElementType type)
    {
        if (type is not (ElementType.F32 or ElementType.F16 or ElementType.F64) || message.Shape.Count == 0)
        {
            throw new WireFormatException($"mean-std compression of {message.DataType} in {message.Shape.Count} dimensions cannot be read");
        }

        int count = message.ElementCount;
        int rows = RowCount(message.Shape);
        int width = message.Shape[^1];
        TensorCodec.ExpectLength(message, ((long)count * sizeof(ushort)) + ((long)rows * 2 * sizeof(float)));
        ReadOnlySpan<byte> buffer = message.Buffer.Span;
        var scaled = new float[count];
        ElementConversion.ToSingles(buffer[..(count * sizeof(ushort))], ElementType.F16, scaled);
        float[] statistics = ElementConversion.ReadSingles(buffer[(count * sizeof(ushort))..]);
        var data = new byte[count * DataTypes.SizeOf(type)];
        for (int i = 0; i < count; i++)
        {
            Restore(data, type, i, scaled[i], mean: statistics[i / width], deviation: statistics[rows + (i / width)]);
        }

        return data;
    }

    /// <summary>x · deviation + mean, rounded to the element type after each of the two.</summary>
    private static void Restore(Span<byte> data, ElementType type, int index, float scaled, float mean, float deviation)
    {
        switch (type)
        {
            case ElementType.F16:
                var product = (Half)(scaled * deviation);
                MemoryMarshal.Cast<byte, Half>(data)[index] = (Half)((float)product + mean);
                break;
            case ElementType.F64:
                MemoryMarshal.Cast<byte, double>(data)[index] = ((double)scaled * deviation) + mean;
                break;
            default:
                MemoryMarshal.Cast<byte, float>(data)[index] = (scaled * deviation) + mean;
                break;
        }
    }

    private static (float Mean, float Deviation) Scale(Span<float> row)
    {
        if (row.IsEmpty)
        {
            return (EmptyMean, EmptyMean);
        }

        float mean = TorchSum.Sum(row) / row.Length;
        for (int i = 0; i < row.Length; i++)
        {
            row[i] -= mean;
        }

        float deviation = TorchSum.Norm(row) / (float)Math.Sqrt(row.Length);
        deviation = deviation < Epsilon ? Epsilon : deviation; // lets NaN through, as torch.clamp_min does
        for (int i = 0; i < row.Length; i++)
        {
            row[i] /= deviation;
        }

        return (mean, deviation);
    }

    /// <summary>The number of rows; 1 for a vector, whatever its length.</summary>
    private static int RowCount(IReadOnlyList<int> shape)
    {
        int rows = 1;
        for (int i = 0; i < shape.Count - 1; i++)
        {
            rows *= shape[i];
        }

        return rows;
    }
}
