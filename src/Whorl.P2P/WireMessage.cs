using Google.Protobuf;

namespace Whorl.P2P;

/// <summary>Reads and writes protobuf messages within stated limits: any bytes give a message or a <see cref="WireFormatException"/>.</summary>
internal static class WireMessage
{
    /// <summary>Parses bytes whose number was bounded before.</summary>
    public static T Parse<T>(MessageParser<T> parser, ReadOnlySpan<byte> bytes, string what)
        where T : IMessage<T>
    {
        try
        {
            return parser.ParseFrom(bytes);
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new WireFormatException($"{what}: {e.Message}", e);
        }
    }

    /// <summary>Reads one message behind its varint length.</summary>
    /// <exception cref="WireFormatException">Above the limit, or not such a message.</exception>
    /// <exception cref="EndOfStreamException">The stream ended before the message did.</exception>
    public static async ValueTask<T> ReadAsync<T>(Stream stream, MessageParser<T> parser, int maxBytes, string what, CancellationToken cancellationToken)
        where T : IMessage<T>
    {
        byte[] bytes = await Multiformats.DelimitedReader.ReadAsync(stream, maxBytes, what, cancellationToken).ConfigureAwait(false);
        return Parse(parser, bytes, what);
    }

    /// <summary>Writes one message behind its varint length, in one piece.</summary>
    public static ValueTask WriteAsync(Stream stream, IMessage message, CancellationToken cancellationToken) =>
        stream.WriteAsync(Delimit(message), cancellationToken);

    /// <summary>The message behind its varint length.</summary>
    public static byte[] Delimit(IMessage message)
    {
        int size = message.CalculateSize();
        int prefix = Multiformats.Varint.LengthOf((ulong)size);
        byte[] bytes = new byte[prefix + size];
        Multiformats.Varint.Write(bytes, (ulong)size);
        message.WriteTo(bytes.AsSpan(prefix));
        return bytes;
    }
}
