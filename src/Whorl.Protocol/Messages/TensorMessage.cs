using Google.Protobuf;
using Google.Protobuf.Collections;
using Whorl.Protobuf;

namespace Whorl.Protocol.Messages;

/// <summary>A tensor, or one part of a tensor, as it travels. Turn it into elements with <see cref="Tensors.TensorCodec"/>.</summary>
public sealed record TensorMessage
{
    /// <summary>The compressed elements, or a part of them. Aliases the bytes that it was parsed from or made of.</summary>
    public ReadOnlyMemory<byte> Buffer { get; init; }

    /// <summary>The dimensions, at most <see cref="MessageLimits.MaxDimensions"/>; empty for a scalar and in the later parts.</summary>
    public IReadOnlyList<int> Shape { get; init; } = [];

    /// <summary>Carried through for PyTorch; nothing here depends on it.</summary>
    public bool RequiresGrad { get; init; }

    /// <summary>The element type's name before compression, as numpy calls it, or "bfloat16"; empty in all parts but the first.</summary>
    public string DataType { get; init; } = "";

    /// <summary>How <see cref="Buffer"/> is written.</summary>
    public TensorCompression Compression { get; init; }

    /// <summary>The number of parts, in the first part of a split tensor; else 0.</summary>
    public int Chunks { get; init; }

    /// <summary>The product of <see cref="Shape"/>; 1 for a scalar.</summary>
    public int ElementCount => Shape.Aggregate(1, (product, size) => product * size);

    /// <summary>Whether it holds no elements: Petals' way of saying "no prompts" or "no hypotheses".</summary>
    public bool IsDummy => ElementCount == 0;

    /// <summary>Reads a message.</summary>
    /// <exception cref="WireFormatException">Not a tensor, or beyond <see cref="MessageLimits"/>.</exception>
    public static TensorMessage Parse(ReadOnlySpan<byte> bytes) =>
        From(ProtobufGuard.Parse(Wire.Tensor.Parser, bytes, "Tensor", MessageLimits.Tensor));

    /// <summary>The message's bytes.</summary>
    public byte[] ToBytes() => ToWire().ToByteArray();

    internal static TensorMessage From(Wire.Tensor wire)
    {
        if (!Enum.IsDefined((TensorCompression)wire.Compression))
        {
            throw new WireFormatException($"Tensor: unknown compression {(int)wire.Compression}");
        }

        if (wire.Chunks is < 0 or > MessageLimits.MaxParts)
        {
            throw new WireFormatException($"Tensor: {wire.Chunks} parts, at most {MessageLimits.MaxParts} are taken");
        }

        return new TensorMessage
        {
            Buffer = wire.Buffer.Memory,
            Shape = CheckShape(wire.Size),
            RequiresGrad = wire.RequiresGrad,
            DataType = wire.Dtype,
            Compression = (TensorCompression)wire.Compression,
            Chunks = wire.Chunks,
        };
    }

    internal Wire.Tensor ToWire() => new()
    {
        Buffer = UnsafeByteOperations.UnsafeWrap(Buffer),
        Size = { Shape.Select(size => (uint)size) },
        RequiresGrad = RequiresGrad,
        Dtype = DataType,
        Compression = (Wire.CompressionType)Compression,
        Chunks = Chunks,
    };

    private static int[] CheckShape(RepeatedField<uint> size)
    {
        // The product over the sizes that are not 0: a 0 elsewhere must not hide an absurd dimension.
        ulong product = 1;
        var shape = new int[size.Count];
        for (int i = 0; i < shape.Length; i++)
        {
            product *= Math.Max(size[i], 1);
            if (product > MessageLimits.MaxElements)
            {
                throw new WireFormatException($"Tensor: shape of more than {MessageLimits.MaxElements} elements");
            }

            shape[i] = (int)size[i];
        }

        return shape;
    }
}
