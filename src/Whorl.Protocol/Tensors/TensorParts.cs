using Whorl.Protocol.Messages;

namespace Whorl.Protocol.Tensors;

/// <summary>Cuts a tensor into parts for a stream and puts parts together again, as hivemind's streaming does.</summary>
public static class TensorParts
{
    /// <summary>Cuts a tensor; the parts alias its buffer.</summary>
    /// <param name="tensor">A whole tensor.</param>
    /// <param name="partBytes">The most bytes of a part's buffer.</param>
    /// <returns>At least one part. The first carries the shape, type and the number of parts (0 for an empty buffer), the others only
    /// bytes.</returns>
    public static IEnumerable<TensorMessage> Split(TensorMessage tensor, int partBytes = MessageLimits.PartBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(partBytes);
        ReadOnlyMemory<byte> rest = tensor.Buffer;
        yield return tensor with
        {
            Buffer = rest[..Math.Min(partBytes, rest.Length)],
            Chunks = (int)(((long)rest.Length + partBytes - 1) / partBytes),
        };
        for (int start = partBytes; start < rest.Length; start += partBytes)
        {
            yield return new TensorMessage { Buffer = rest.Slice(start, Math.Min(partBytes, rest.Length - start)) };
        }
    }
}
