namespace Whorl.MsgPack;

/// <summary>An extension value whose code this dialect gives no meaning to: kept as it came.</summary>
/// <param name="Code">The application's code, 0 to 127; negative codes are the format's own (timestamps).</param>
/// <param name="Payload">The bytes after the code.</param>
internal sealed record MsgPackExtension(sbyte Code, byte[] Payload)
{
    /// <summary>hivemind's code for a Python tuple: the payload is an array.</summary>
    public const sbyte Tuple = 0x40;

    /// <summary>hivemind's code for a dictionary value of the DHT.</summary>
    public const sbyte DictionaryValue = 0x50;

    /// <summary>hivemind's code for the descriptor of a batch of tensors.</summary>
    public const sbyte TensorDescriptor = 0x51;
}
