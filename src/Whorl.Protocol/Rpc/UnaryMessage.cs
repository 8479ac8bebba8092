using System.Security.Cryptography;
using System.Text;
using Google.Protobuf;
using Whorl.P2P;
using Whorl.P2P.Multiformats;

namespace Whorl.Protocol.Rpc;

/// <summary>The envelope of unary calls: writing with the length prefix, reading with every check that p2pd makes.</summary>
internal static class UnaryMessage
{
    public const int CallIdBytes = 16;

    /// <summary>A request, delimited, with a fresh random call id.</summary>
    /// <exception cref="ArgumentException">It exceeds <see cref="RpcLimits.MaxUnaryBytes"/>.</exception>
    public static byte[] Request(PeerId callee, string method, ReadOnlyMemory<byte> data) =>
        Request(RandomNumberGenerator.GetBytes(CallIdBytes), callee, method, data);

    /// <inheritdoc cref="Request(PeerId, string, ReadOnlyMemory{byte})"/>
    public static byte[] Request(byte[] callId, PeerId callee, string method, ReadOnlyMemory<byte> data) =>
        Delimit(new Wire.PersistentConnectionRequest
        {
            CallId = ByteString.CopyFrom(callId),
            CallUnary = new Wire.CallUnaryRequest
            {
                Peer = UnsafeByteOperations.UnsafeWrap(callee.Bytes),
                Proto = method,
                Data = UnsafeByteOperations.UnsafeWrap(data),
            },
        });

    /// <summary>An answer, delimited.</summary>
    /// <exception cref="ArgumentException">It exceeds <see cref="RpcLimits.MaxUnaryBytes"/>.</exception>
    public static byte[] Response(ByteString callId, ReadOnlyMemory<byte> response) =>
        Delimit(Answer(callId, new Wire.CallUnaryResponse { Response = UnsafeByteOperations.UnsafeWrap(response) }));

    /// <summary>An answer that the call failed, delimited.</summary>
    public static byte[] Error(ByteString callId, string text) =>
        Delimit(Answer(callId, new Wire.CallUnaryResponse { Error = UnsafeByteOperations.UnsafeWrap(RpcText.Encode(text)) }));

    /// <summary>Takes a request apart.</summary>
    /// <exception cref="WireFormatException">A required field is missing, or the call id has not 16 bytes.</exception>
    public static (ByteString CallId, ReadOnlyMemory<byte> Data) ParseRequest(ReadOnlySpan<byte> bytes)
    {
        Wire.PersistentConnectionRequest message = Parse(bytes);
        Wire.CallUnaryRequest? call = message.CallUnary;
        return call is { HasPeer: true, HasProto: true, HasData: true } && message.CallId.Length == CallIdBytes
            ? (message.CallId, call.Data.Memory)
            : throw new WireFormatException("unary request: no call id of 16 bytes, or no peer, proto or data");
    }

    /// <summary>Takes an answer apart. That the call id is echoed is not demanded, as p2pd does not.</summary>
    /// <exception cref="RpcErrorException">The answer is an error.</exception>
    /// <exception cref="WireFormatException">It is neither a response nor an error.</exception>
    public static ReadOnlyMemory<byte> ParseResponse(ReadOnlySpan<byte> bytes) => Parse(bytes).UnaryResponse switch
    {
        { HasResponse: true } answer => answer.Response.Memory,
        { HasError: true } answer => throw RpcErrorException.OfPeer(Encoding.UTF8.GetString(answer.Error.Span)),
        _ => throw new WireFormatException("unary answer: neither a response nor an error"),
    };

    private static Wire.PersistentConnectionRequest Parse(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return Wire.PersistentConnectionRequest.Parser.ParseFrom(bytes);
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new WireFormatException($"unary message: {e.Message}", e);
        }
    }

    private static Wire.PersistentConnectionRequest Answer(ByteString callId, Wire.CallUnaryResponse answer) =>
        new() { CallId = callId, UnaryResponse = answer };

    private static byte[] Delimit(Wire.PersistentConnectionRequest message)
    {
        int size = message.CalculateSize();
        if (size > RpcLimits.MaxUnaryBytes)
        {
            throw new ArgumentException(
                $"a unary message of {size} bytes, the limit is {RpcLimits.MaxUnaryBytes}: use a stream", nameof(message));
        }

        byte[] bytes = new byte[Varint.LengthOf((ulong)size) + size];
        int prefix = Varint.Write(bytes, (ulong)size);
        message.WriteTo(bytes.AsSpan(prefix));
        return bytes;
    }
}
