namespace Whorl.Protocol.Rpc;

/// <summary>
/// One frame of a stream: a message, or the marker of an error (which, empty, from the caller means the end of its requests).
/// </summary>
/// <param name="IsError">Whether the marker was 1.</param>
/// <param name="Payload">A serialized message, or an error's protobuf.</param>
internal readonly record struct Frame(bool IsError, ReadOnlyMemory<byte> Payload)
{
    public const int HeaderBytes = 9;
    public const byte MessageMarker = 0;
    public const byte ErrorMarker = 1;

    /// <summary>The caller's "no more requests": an empty error.</summary>
    public bool IsEndOfRequests => IsError && Payload.IsEmpty;
}
