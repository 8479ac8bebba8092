using Whorl.Protobuf;

namespace Whorl.Protocol.Messages;

/// <summary>The limits that every message is held to before memory is taken for what it announces.</summary>
public static class MessageLimits
{
    /// <summary>Tensors in one request or response. Petals sends at most three.</summary>
    public const int MaxTensors = 64;

    /// <summary>Dimensions of a tensor. Petals sends at most four.</summary>
    public const int MaxDimensions = 8;

    /// <summary>Elements of a tensor: 2^28, which is 1 GiB in float32.</summary>
    public const int MaxElements = 1 << 28;

    /// <summary>Bytes of a uid: a chain of several hundred blocks, each with its prefix.</summary>
    public const int MaxUidBytes = 1 << 16;

    /// <summary>Bytes of a metadata map.</summary>
    public const int MaxMetadataBytes = 1 << 20;

    /// <summary>Parts of a tensor that travels as a stream.</summary>
    public const int MaxParts = 1 << 12;

    /// <summary>Bytes of an element type's name.</summary>
    public const int MaxDataTypeBytes = 32;

    /// <summary>The most bytes of one part's buffer that Petals sends: 4 MiB.</summary>
    public const int PartBytes = 4 << 20;

    internal static readonly FieldLimit[] Tensor =
    [
        new(2, MaxDimensions, Packed: true),
        new(4, 1, MaxDataTypeBytes, IsText: true),
    ];
}
