using Whorl.Protocol.Messages;
using Whorl.Tensors;

namespace Whorl.Protocol.Tensors;

/// <summary>
/// Tensors to messages and back, in every compression of hivemind's, byte for byte (hivemind 1.1.10: compression/base.py, floating.py,
/// quantization.py). What hivemind refuses is refused here.
/// </summary>
public static class TensorCodec
{
    /// <summary>Compresses an array.</summary>
    /// <param name="array">Without compression its bytes are aliased by the message.</param>
    /// <param name="compression">See <see cref="TensorCompression"/>; only <see cref="TensorCompression.None"/> is exact.</param>
    /// <param name="requiresGrad">Carried in the message.</param>
    /// <exception cref="NotSupportedException">
    /// The compression does not take this type or shape: float16, mean-std and quantile take no bfloat16, mean-std no scalar, uniform only
    /// float32, and neither 8-bit quantiser an empty array.
    /// </exception>
    public static TensorMessage Encode(
        WireArray array, TensorCompression compression = TensorCompression.None, bool requiresGrad = false) => new()
        {
            Buffer = compression switch
            {
                TensorCompression.None => array.Data,
                TensorCompression.Float16 => Float16Codec.Encode(array),
                TensorCompression.MeanStd16Bit => MeanStdCodec.Encode(array),
                TensorCompression.Quantile8Bit => CodebookCodec.EncodeQuantiles(array),
                TensorCompression.Uniform8Bit => CodebookCodec.EncodeUniform(array),
                TensorCompression.Blockwise8Bit => BlockwiseCodec.Encode(array),
                _ => throw new ArgumentOutOfRangeException(nameof(compression)),
            },
            Shape = array.Shape,
            DataType = DataTypes.NameOf(array.Type),
            Compression = compression,
            RequiresGrad = requiresGrad,
        };

    /// <summary>
    /// An uncompressed bfloat16 array in hivemind's older form, as float32: what hivemind sends by default (Petals turns it off) and every
    /// reader takes.
    /// </summary>
    /// <exception cref="ArgumentException">The array is not bfloat16.</exception>
    public static TensorMessage EncodeLegacyBFloat16(WireArray array) => array.Type == ElementType.BF16
        ? Encode(array) with { Buffer = ElementConversion.FromSingles(array.ToSingles(), ElementType.F32) }
        : throw new ArgumentException($"an array of {array.Type}, not bfloat16", nameof(array));

    /// <summary>Restores an array of the type that was compressed.</summary>
    /// <param name="message">A whole tensor; parts are put together by <see cref="TensorAssembler"/> first.</param>
    /// <exception cref="WireFormatException">The buffer does not fit the shape, type and compression.</exception>
    public static WireArray Decode(TensorMessage message)
    {
        ElementType type = DataTypes.Parse(message.DataType);
        ReadOnlyMemory<byte> data = message.Compression switch
        {
            TensorCompression.None => DecodePlain(message, type),
            TensorCompression.Float16 => Float16Codec.Decode(message, type),
            TensorCompression.MeanStd16Bit => MeanStdCodec.Decode(message, type),
            TensorCompression.Quantile8Bit or TensorCompression.Uniform8Bit => CodebookCodec.Decode(message, type),
            TensorCompression.Blockwise8Bit => BlockwiseCodec.Decode(message, type),
            _ => throw new WireFormatException($"unknown compression {message.Compression}"),
        };
        return new WireArray(type, message.Shape, data);
    }

    /// <summary>Checks a buffer's length.</summary>
    internal static void ExpectLength(TensorMessage message, long expected)
    {
        if (message.Buffer.Length != expected)
        {
            throw new WireFormatException(
                $"a tensor of {message.ElementCount} {message.DataType} in {message.Compression} "
                + $"has {message.Buffer.Length} bytes, not {expected}");
        }
    }

    private static ReadOnlyMemory<byte> DecodePlain(TensorMessage message, ElementType type)
    {
        int count = message.ElementCount;
        if (type == ElementType.BF16 && count > 0 && message.Buffer.Length == count * (long)sizeof(float))
        {
            // The legacy form: bfloat16 sent as float32.
            return ElementConversion.FromSingles(ElementConversion.ReadSingles(message.Buffer.Span), type);
        }

        ExpectLength(message, (long)count * DataTypes.SizeOf(type));
        return message.Buffer;
    }
}
