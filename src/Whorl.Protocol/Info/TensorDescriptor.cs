using Whorl.MsgPack;
using Whorl.Protocol.Messages;
using Whorl.Protocol.Tensors;
using Whorl.Tensors;

namespace Whorl.Protocol.Info;

/// <summary>
/// hivemind's BatchTensorDescriptor: what a server says of an input or output, whose first dimension is the batch and left open.
/// </summary>
/// <param name="Dimensions">The dimensions after the batch; none for the placeholders of prompts and hypothesis ids.</param>
/// <param name="Type">The element type.</param>
/// <param name="Compression">The compression that the client should send it in.</param>
public sealed record TensorDescriptor(
    IReadOnlyList<int> Dimensions, ElementType Type, TensorCompression Compression = TensorCompression.None)
{
    private const string What = "a tensor descriptor";

    internal static TensorDescriptor Read(object? value)
    {
        if (value is not MsgPackExtension { Code: MsgPackExtension.TensorDescriptor } extension)
        {
            throw new WireFormatException($"{What} is not extension 0x51");
        }

        MsgPackMap map = MsgPackReader.ReadMap(extension.Payload, What);
        var fields = new MapFields(map, What);
        IReadOnlyList<int?> size = fields.Sequence("size", MessageLimits.MaxDimensions + 1, ReadDimension) ?? [];
        if (size.Count == 0 || size[0] is not null || size.Skip(1).Any(dimension => dimension is null))
        {
            throw new WireFormatException($"{What}: the first dimension must be open, and only it");
        }

        string type = fields.String("dtype", MessageLimits.MaxDataTypeBytes) ?? throw new WireFormatException($"{What} has no dtype");
        int compression = fields.Int32("compression") ?? 0;
        return Enum.IsDefined((TensorCompression)compression)
            ? new TensorDescriptor(
                [.. size.Skip(1).Select(dimension => dimension ?? 0)], DataTypes.Parse(type), (TensorCompression)compression)
            : throw new WireFormatException($"{What}: unknown compression {compression}");
    }

    /// <summary>Python's reader wants exactly these keys; their order is Petals'.</summary>
    internal MsgPackExtension Write() => new(MsgPackExtension.TensorDescriptor, MsgPackWriter.Write(new MsgPackMap()
        .Add("size", new MsgPackTuple([null, .. Dimensions]))
        .Add("dtype", "torch." + DataTypes.NameOf(Type))
        .Add("layout", "torch.strided")
        .Add("requires_grad", false)
        .Add("pin_memory", false)
        .Add("compression", (int)Compression)
        .Add("device_type", null)
        .Add("device_index", null)));

    private static int? ReadDimension(object? value) => value switch
    {
        null => null,
        long and >= 0 and <= int.MaxValue and var size => (int)(long)size,
        _ => throw new WireFormatException($"{What}: a dimension is not an integer"),
    };
}
