using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Google.Protobuf;

namespace Whorl.Protocol;

/// <summary>Frames of <c>/whorl/span/1</c> on a duplex stream: a header, then float32 values. One sender and one receiver at a time.</summary>
/// <param name="stream">The stream; not disposed with the connection.</param>
public sealed class SpanConnection(Stream stream)
{
    private const int PrefixBytes = 8;

    /// <summary>Values that pass through a connection's own memory at once, so that it holds little however long a payload is.</summary>
    private const int ChunkValues = 16_384;

    private byte[] _sending = new byte[4096];
    private byte[] _receiving = new byte[4096];
    private int _payload;

    /// <summary>Float values that follow the header just received; take them before the next header.</summary>
    public int PayloadLength => _payload / sizeof(float);

    /// <summary>Sends a request.</summary>
    public ValueTask SendAsync(SpanRequest request, ReadOnlyMemory<float> payload, CancellationToken cancellationToken) =>
        SendAsync(SpanWire.ToMessage(request), payload, cancellationToken);

    /// <summary>Sends a reply.</summary>
    public ValueTask SendAsync(SpanReply reply, ReadOnlyMemory<float> payload, CancellationToken cancellationToken) =>
        SendAsync(SpanWire.ToMessage(reply), payload, cancellationToken);

    /// <summary>Receives a request's header, or null at the end of the stream.</summary>
    /// <exception cref="WireFormatException">It is none.</exception>
    public async ValueTask<SpanRequest?> ReceiveRequestAsync(CancellationToken cancellationToken) =>
        await ReceiveHeaderAsync(cancellationToken) is { } length ? SpanWire.ParseRequest(_receiving.AsSpan(0, length)) : null;

    /// <summary>Receives a reply's header.</summary>
    /// <exception cref="WireFormatException">It is none.</exception>
    /// <exception cref="EndOfStreamException">The stream ended.</exception>
    public async ValueTask<SpanReply> ReceiveReplyAsync(CancellationToken cancellationToken) =>
        await ReceiveHeaderAsync(cancellationToken) is { } length
            ? SpanWire.ParseReply(_receiving.AsSpan(0, length))
            : throw new EndOfStreamException("the peer closed the stream");

    /// <summary>Takes the payload behind the header just received.</summary>
    /// <param name="values">As long as <see cref="PayloadLength"/>.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="WireFormatException">The payload has another length.</exception>
    public async ValueTask ReceivePayloadAsync(Memory<float> values, CancellationToken cancellationToken)
    {
        if (values.Length != PayloadLength)
        {
            throw new WireFormatException($"a payload of {PayloadLength} values where {values.Length} belong");
        }

        // Through a small buffer: the values' own memory cannot be handed to a stream as bytes without pinning tricks.
        for (int at = 0; at < values.Length;)
        {
            int count = Math.Min(values.Length - at, ChunkValues);
            Reserve(ref _receiving, count * sizeof(float));
            Memory<byte> bytes = _receiving.AsMemory(0, count * sizeof(float));
            await stream.ReadExactlyAsync(bytes, cancellationToken);
            FromLittleEndian(bytes.Span, values.Span.Slice(at, count));
            at += count;
        }

        _payload = 0;
    }

    /// <summary>Passes over the payload behind the header just received, whatever its length, without keeping it.</summary>
    /// <exception cref="EndOfStreamException">The stream ended inside it.</exception>
    public async ValueTask SkipPayloadAsync(CancellationToken cancellationToken)
    {
        while (_payload > 0)
        {
            int read = await stream.ReadAsync(_receiving.AsMemory(0, Math.Min(_payload, _receiving.Length)), cancellationToken);
            _payload -= read > 0 ? read : throw new EndOfStreamException("the stream ended inside a frame");
        }
    }

    private static void Reserve(ref byte[] buffer, int length) => buffer = buffer.Length >= length ? buffer : new byte[Math.Max(length, 2 * buffer.Length)];

    private static void ToLittleEndian(ReadOnlySpan<float> values, Span<byte> bytes)
    {
        bytes = bytes[..(values.Length * sizeof(float))];
        MemoryMarshal.AsBytes(values).CopyTo(bytes);
        if (!BitConverter.IsLittleEndian)
        {
            Span<int> bits = MemoryMarshal.Cast<byte, int>(bytes);
            BinaryPrimitives.ReverseEndianness(bits, bits);
        }
    }

    private static void FromLittleEndian(ReadOnlySpan<byte> bytes, Span<float> values)
    {
        bytes.CopyTo(MemoryMarshal.AsBytes(values));
        if (!BitConverter.IsLittleEndian)
        {
            Span<int> bits = MemoryMarshal.Cast<float, int>(values);
            BinaryPrimitives.ReverseEndianness(bits, bits);
        }
    }

    private async ValueTask SendAsync(IMessage header, ReadOnlyMemory<float> payload, CancellationToken cancellationToken)
    {
        int headerBytes = header.CalculateSize(), payloadBytes = checked(payload.Length * sizeof(float));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(headerBytes, SpanWire.MaxHeaderBytes, nameof(header));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(payloadBytes, SpanWire.MaxPayloadBytes, nameof(payload));
        int start = PrefixBytes + headerBytes, count = Math.Min(payload.Length, ChunkValues);
        Reserve(ref _sending, start + (count * sizeof(float)));
        BinaryPrimitives.WriteUInt32LittleEndian(_sending, (uint)headerBytes);
        BinaryPrimitives.WriteUInt32LittleEndian(_sending.AsSpan(4), (uint)payloadBytes);
        header.WriteTo(_sending.AsSpan(PrefixBytes, headerBytes));
        ToLittleEndian(payload.Span[..count], _sending.AsSpan(start));
        await stream.WriteAsync(_sending.AsMemory(0, start + (count * sizeof(float))), cancellationToken); // one write: one packet where it fits
        for (int at = count; at < payload.Length; at += count)
        {
            count = Math.Min(payload.Length - at, ChunkValues);
            ToLittleEndian(payload.Span.Slice(at, count), _sending);
            await stream.WriteAsync(_sending.AsMemory(0, count * sizeof(float)), cancellationToken);
        }
    }

    private async ValueTask<int?> ReceiveHeaderAsync(CancellationToken cancellationToken)
    {
        if (_payload != 0)
        {
            throw new WireFormatException($"{PayloadLength} values that nobody expected");
        }

        int read = await stream.ReadAtLeastAsync(_receiving.AsMemory(0, PrefixBytes), PrefixBytes, throwOnEndOfStream: false, cancellationToken);
        if (read == 0)
        {
            return null;
        }

        if (read < PrefixBytes)
        {
            throw new EndOfStreamException("the stream ended inside a frame");
        }

        (int header, int payload) = SpanWire.ParsePrefix(_receiving);
        Reserve(ref _receiving, header);
        await stream.ReadExactlyAsync(_receiving.AsMemory(0, header), cancellationToken);
        _payload = payload;
        return header;
    }
}
