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

    private Stream Inner => stream;

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

    /// <summary>Sends a request whose payload is written piece by piece.</summary>
    /// <param name="request">The request.</param>
    /// <param name="payloadBytes">Bytes that <paramref name="write"/> writes, in whole floats.</param>
    /// <param name="write">Writes them to the stream that it is given.</param>
    /// <param name="cancellationToken">Gives up; the stream is then of no more use.</param>
    public async ValueTask SendAsync(SpanRequest request, int payloadBytes, Func<Stream, CancellationToken, Task> write, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(payloadBytes % sizeof(float), 0, nameof(payloadBytes));
        int start = WriteHeader(SpanWire.ToMessage(request), payloadBytes, 0);
        await stream.WriteAsync(_sending.AsMemory(0, start), cancellationToken);
        await write(stream, cancellationToken);
    }

    /// <summary>The payload behind the header just received, to be read from its beginning to its end before the next header.</summary>
    public Stream OpenPayload() => new PayloadStream(this);

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
        int count = Math.Min(payload.Length, ChunkValues);
        int start = WriteHeader(header, checked(payload.Length * sizeof(float)), count);
        ToLittleEndian(payload.Span[..count], _sending.AsSpan(start));
        await stream.WriteAsync(_sending.AsMemory(0, start + (count * sizeof(float))), cancellationToken); // one write: one packet where it fits
        for (int at = count; at < payload.Length; at += count)
        {
            count = Math.Min(payload.Length - at, ChunkValues);
            ToLittleEndian(payload.Span.Slice(at, count), _sending);
            await stream.WriteAsync(_sending.AsMemory(0, count * sizeof(float)), cancellationToken);
        }
    }

    /// <summary>Writes a frame's beginning where it is sent from, with room for values behind it.</summary>
    /// <returns>Where they begin.</returns>
    private int WriteHeader(IMessage header, int payloadBytes, int values)
    {
        int headerBytes = header.CalculateSize();
        ArgumentOutOfRangeException.ThrowIfGreaterThan(headerBytes, SpanWire.MaxHeaderBytes, nameof(header));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(payloadBytes, SpanWire.MaxPayloadBytes);
        int start = PrefixBytes + headerBytes;
        Reserve(ref _sending, start + (values * sizeof(float)));
        BinaryPrimitives.WriteUInt32LittleEndian(_sending, (uint)headerBytes);
        BinaryPrimitives.WriteUInt32LittleEndian(_sending.AsSpan(4), (uint)payloadBytes);
        header.WriteTo(_sending.AsSpan(PrefixBytes, headerBytes));
        return start;
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

    /// <summary>What is left of a payload; never a byte of what follows it.</summary>
    private sealed class PayloadStream(SpanConnection connection) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            int read = await connection.Inner.ReadAsync(buffer[..Math.Min(buffer.Length, connection._payload)], cancellationToken);
            connection._payload -= read;
            return read;
        }

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("a payload is read asynchronously");

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
