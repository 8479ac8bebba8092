using System.Runtime.InteropServices;
using Whorl.Protocol.Messages;
using Whorl.Tensors;

namespace Whorl.Protocol.Tensors;

/// <summary>16-bit floats, clamped to the finite range. Buffer: one binary16 for each element.</summary>
internal static class Float16Codec
{
    public static byte[] Encode(WireArray array)
    {
        RefuseBFloat16(array);
        var buffer = new byte[array.Count * sizeof(ushort)];
        Clamp(array.ToSingles(), MemoryMarshal.Cast<byte, Half>(buffer.AsSpan()));
        return buffer;
    }

    public static byte[] Decode(TensorMessage message, ElementType type)
    {
        TensorCodec.ExpectLength(message, (long)message.ElementCount * sizeof(ushort));
        var values = new float[message.ElementCount];
        ElementConversion.ToSingles(message.Buffer.Span, ElementType.F16, values);
        return ElementConversion.FromSingles(values, type);
    }

    /// <summary>Rounds to nearest even after clamping to ±65504; NaN stays NaN.</summary>
    public static void Clamp(ReadOnlySpan<float> values, Span<Half> halves)
    {
        float max = (float)Half.MaxValue;
        for (int i = 0; i < values.Length; i++)
        {
            halves[i] = (Half)Math.Clamp(values[i], -max, max);
        }
    }

    public static void RefuseBFloat16(WireArray array)
    {
        if (array.Type == ElementType.BF16)
        {
            throw new NotSupportedException(
                "bfloat16 travels only uncompressed or in blockwise 8-bit: numpy, which hivemind compresses with, lacks it");
        }
    }
}
