namespace Whorl.P2P.Multiformats;

/// <summary>Takes length-prefixed messages off a stream, reading not one byte beyond them.</summary>
internal static class DelimitedReader
{
    /// <summary>Bytes after which a long message counts as getting on.</summary>
    public const int PieceBytes = 256 << 10;

    /// <summary>Memory taken for a message before any of it has arrived; it grows only with what arrives.</summary>
    private const int FirstBytes = 64 << 10;

    /// <summary>Reads one message behind its varint length.</summary>
    /// <param name="stream">Where it comes from.</param>
    /// <param name="maxBytes">A longer one is refused before memory is taken.</param>
    /// <param name="what">The message's name, for errors.</param>
    /// <param name="cancellationToken">Cancelled, a part of the message may be lost: close the stream.</param>
    /// <exception cref="WireFormatException">The length is malformed or above the limit.</exception>
    /// <exception cref="EndOfStreamException">The stream ended before the message did.</exception>
    public static async ValueTask<byte[]> ReadAsync(Stream stream, int maxBytes, string what, CancellationToken cancellationToken) =>
        await TryReadAsync(stream, maxBytes, what, cancellationToken).ConfigureAwait(false) ?? throw new EndOfStreamException($"{what}: the stream ended before it");

    /// <summary>As <see cref="ReadAsync"/>; null where the stream ends before the first byte.</summary>
    public static async ValueTask<byte[]?> TryReadAsync(Stream stream, int maxBytes, string what, CancellationToken cancellationToken) =>
        await TryReadLengthAsync(stream, maxBytes, what, cancellationToken).ConfigureAwait(false) is { } length
            ? await ReadBodyAsync(stream, length, cancellationToken).ConfigureAwait(false)
            : null;

    /// <summary>Reads the length alone; null where the stream ends before it. The parameters and exceptions are those of <see cref="ReadAsync"/>.</summary>
    public static async ValueTask<int?> TryReadLengthAsync(Stream stream, int maxBytes, string what, CancellationToken cancellationToken)
    {
        byte[] prefix = new byte[Varint.MaxBytes];
        for (int have = 0; ; have++)
        {
            if (Varint.TryRead(prefix.AsSpan(0, have), out ulong length, out _))
            {
                return length <= (ulong)maxBytes ? (int)length : throw new WireFormatException($"{what}: {length} bytes announced, limit {maxBytes}");
            }

            if (await stream.ReadAsync(prefix.AsMemory(have, 1), cancellationToken).ConfigureAwait(false) == 0)
            {
                return have == 0 ? null : throw new EndOfStreamException($"{what}: the stream ended within its length");
            }
        }
    }

    /// <summary>Reads as many bytes, in memory that grows with what arrives: a length alone costs its sender nothing.</summary>
    /// <param name="stream">Where they come from.</param>
    /// <param name="length">How many.</param>
    /// <param name="cancellationToken">Cancelled, a part of them may be lost: close the stream.</param>
    /// <param name="progressed">Told after every piece of at most <see cref="PieceBytes"/>; null for nobody.</param>
    /// <exception cref="EndOfStreamException">There are fewer.</exception>
    public static async ValueTask<byte[]> ReadBodyAsync(Stream stream, int length, CancellationToken cancellationToken, Action? progressed = null)
    {
        byte[] body = new byte[Math.Min(length, FirstBytes)];
        int have = 0;
        while (true)
        {
            while (have < body.Length)
            {
                int piece = Math.Min(body.Length - have, PieceBytes);
                await stream.ReadExactlyAsync(body.AsMemory(have, piece), cancellationToken).ConfigureAwait(false);
                have += piece;
                progressed?.Invoke();
            }

            if (have == length)
            {
                return body;
            }

            Array.Resize(ref body, (int)Math.Min(length, (long)have * 4));
        }
    }
}
