using System.Buffers.Binary;
using Google.Protobuf;
using Whorl.P2P;
using Whorl.P2P.Multiformats;

namespace Whorl.Protocol.Rpc;

/// <summary>hivemind's frames on a stream: marker (1 byte), length (8 bytes, big-endian), payload. See p2p_daemon.py of hivemind.</summary>
internal static class FrameCodec
{
    /// <summary>A message up to this length travels in one write with its header.</summary>
    private const int TogetherBytes = 64 << 10;

    /// <summary>The caller's end of requests.</summary>
    public static readonly byte[] EndOfRequests = [Frame.ErrorMarker, 0, 0, 0, 0, 0, 0, 0, 0];

    /// <summary>Writes a message. Small ones travel in one write with their header.</summary>
    public static async ValueTask WriteMessageAsync(PeerStream stream, ReadOnlyMemory<byte> payload, CancellationToken cancellationToken)
    {
        int together = Math.Min(payload.Length, TogetherBytes);
        byte[] first = new byte[Frame.HeaderBytes + together];
        first[0] = Frame.MessageMarker;
        BinaryPrimitives.WriteInt64BigEndian(first.AsSpan(1), payload.Length);
        payload.Span[..together].CopyTo(first.AsSpan(Frame.HeaderBytes));
        await stream.WriteAsync(first, cancellationToken).ConfigureAwait(false);
        if (payload.Length > together)
        {
            await stream.WriteAsync(payload[together..], cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Writes the error that ends a call.</summary>
    public static async ValueTask WriteErrorAsync(PeerStream stream, string text, CancellationToken cancellationToken)
    {
        // A non-empty payload even where the text is empty: an empty one would mean the end of requests.
        byte[] payload = new Wire.RPCError { Message = System.Text.Encoding.UTF8.GetString(RpcText.Encode(text)) }.ToByteArray();
        byte[] frame = new byte[Frame.HeaderBytes + payload.Length];
        frame[0] = Frame.ErrorMarker;
        BinaryPrimitives.WriteInt64BigEndian(frame.AsSpan(1), payload.Length);
        payload.CopyTo(frame, Frame.HeaderBytes);
        await stream.WriteAsync(frame, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Reads the next frame.</summary>
    /// <param name="stream">Where it comes from.</param>
    /// <param name="maxBytes">A message with a longer payload is refused.</param>
    /// <param name="reserve">Awaited with the payload's length before memory is taken for it; null where nothing needs to be.</param>
    /// <param name="cancellationToken">Cancelled, a part of the frame may be lost: reset the stream.</param>
    /// <param name="progressed">Told as the payload arrives; null for nobody.</param>
    /// <returns>The frame, or null at the end of the stream.</returns>
    /// <exception cref="WireFormatException">An unknown marker, or a length above the limit.</exception>
    /// <exception cref="EndOfStreamException">The stream ended within a frame.</exception>
    public static async ValueTask<Frame?> ReadAsync(
        PeerStream stream, int maxBytes, Func<int, CancellationToken, ValueTask>? reserve, CancellationToken cancellationToken, Action? progressed = null)
    {
        byte[] header = new byte[Frame.HeaderBytes];
        int read = await stream.ReadAtLeastAsync(header, header.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
        if (read == 0)
        {
            return null;
        }

        if (read < header.Length)
        {
            throw new EndOfStreamException("the stream ended within a frame's header");
        }

        ulong length = BinaryPrimitives.ReadUInt64BigEndian(header.AsSpan(1));
        int limit = header[0] switch
        {
            Frame.MessageMarker => maxBytes,
            Frame.ErrorMarker => RpcLimits.MaxErrorBytes + RpcLimits.UnaryEnvelopeBytes,
            _ => throw new WireFormatException($"frame: unknown marker {header[0]}"),
        };
        if (length > (ulong)limit)
        {
            throw new WireFormatException($"frame: {length} bytes announced, limit {limit}");
        }

        if (reserve is not null)
        {
            await reserve((int)length, cancellationToken).ConfigureAwait(false);
        }

        return new Frame(
            header[0] == Frame.ErrorMarker, await DelimitedReader.ReadBodyAsync(stream, (int)length, cancellationToken, progressed).ConfigureAwait(false));
    }

    /// <summary>The text in an error frame.</summary>
    /// <exception cref="WireFormatException">The payload is not an RPCError.</exception>
    public static string ErrorText(in Frame frame)
    {
        try
        {
            return Wire.RPCError.Parser.ParseFrom(frame.Payload.Span).Message;
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new WireFormatException($"frame: not an error's text ({e.Message})", e);
        }
    }
}
