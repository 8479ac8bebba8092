namespace Whorl.P2P.Multiformats;

/// <summary>Takes varint-length-prefixed messages off a stream, reading not one byte beyond them.</summary>
internal static class DelimitedReader
{
    /// <summary>Reads one message.</summary>
    /// <param name="stream">Where it comes from.</param>
    /// <param name="maxBytes">A longer one is refused before memory is taken.</param>
    /// <param name="what">The message's name, for errors.</param>
    /// <param name="cancellationToken">Cancelled, a part of the message may be lost: close the stream.</param>
    /// <exception cref="WireFormatException">The length is malformed or above the limit.</exception>
    /// <exception cref="EndOfStreamException">The stream ended before the message did.</exception>
    public static async ValueTask<byte[]> ReadAsync(Stream stream, int maxBytes, string what, CancellationToken cancellationToken) =>
        await TryReadAsync(stream, maxBytes, what, cancellationToken).ConfigureAwait(false)
        ?? throw new EndOfStreamException($"{what}: the stream ended before it");

    /// <summary>As <see cref="ReadAsync"/>; null where the stream ends before the first byte.</summary>
    public static async ValueTask<byte[]?> TryReadAsync(Stream stream, int maxBytes, string what, CancellationToken cancellationToken)
    {
        byte[] prefix = new byte[Varint.MaxBytes];
        for (int have = 0; ; have++)
        {
            if (Varint.TryRead(prefix.AsSpan(0, have), out ulong length, out _))
            {
                if (length > (ulong)maxBytes)
                {
                    throw new WireFormatException($"{what}: {length} bytes announced, limit {maxBytes}");
                }

                byte[] message = new byte[length];
                await stream.ReadExactlyAsync(message, cancellationToken).ConfigureAwait(false);
                return message;
            }

            if (await stream.ReadAsync(prefix.AsMemory(have, 1), cancellationToken).ConfigureAwait(false) == 0)
            {
                return have == 0 ? null : throw new EndOfStreamException($"{what}: the stream ended within its length");
            }
        }
    }
}
