using System.Text;
using Whorl.P2P.Multiformats;

namespace Whorl.P2P.Multistream;

/// <summary>multistream-select 1.0: both sides agree on a protocol by lines of text behind their varint lengths.</summary>
/// <remarks>Source: <see href="https://github.com/multiformats/multistream-select"/>. Nothing is read beyond the agreement.</remarks>
internal static class MultistreamSelect
{
    public const string Header = "/multistream/1.0.0";

    /// <summary>The longest line, line feed included.</summary>
    public const int MaxLineBytes = 1024;

    private const string NotAvailable = "na";

    /// <summary>How many protocols a dialer may propose on one stream before it is cut off.</summary>
    private const int MaxProposals = 64;

    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    /// <summary>Proposes protocols in order until one is taken; the first goes out in one write with the header.</summary>
    /// <exception cref="ProtocolNotSupportedException">None was taken.</exception>
    /// <exception cref="WireFormatException">The other side does not speak multistream-select.</exception>
    public static async ValueTask<string> DialAsync(Stream stream, IReadOnlyList<string> protocols, CancellationToken cancellationToken)
    {
        await stream.WriteAsync(Lines(Header, protocols[0]), cancellationToken).ConfigureAwait(false);
        await ReadHeaderAsync(stream, cancellationToken).ConfigureAwait(false);
        for (int at = 0; ; at++)
        {
            if (await ReadAnswerAsync(stream, protocols[at], cancellationToken).ConfigureAwait(false))
            {
                return protocols[at];
            }

            if (at + 1 == protocols.Count)
            {
                throw new ProtocolNotSupportedException($"the peer speaks none of {string.Join(", ", protocols)}") { ProtocolId = protocols[^1] };
            }

            await stream.WriteAsync(Lines(protocols[at + 1]), cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Lazy dialing, first half: proposes one protocol and does not wait.</summary>
    public static ValueTask ProposeAsync(Stream stream, string protocol, CancellationToken cancellationToken) =>
        stream.WriteAsync(Lines(Header, protocol), cancellationToken);

    /// <summary>Lazy dialing, second half: reads what the other side made of the proposal.</summary>
    /// <exception cref="ProtocolNotSupportedException">It was refused.</exception>
    public static async ValueTask ConfirmAsync(Stream stream, string protocol, CancellationToken cancellationToken)
    {
        await ReadHeaderAsync(stream, cancellationToken).ConfigureAwait(false);
        if (!await ReadAnswerAsync(stream, protocol, cancellationToken).ConfigureAwait(false))
        {
            throw new ProtocolNotSupportedException($"the peer does not speak '{protocol}'") { ProtocolId = protocol };
        }
    }

    /// <summary>Answers proposals, in order, until one is supported.</summary>
    /// <exception cref="WireFormatException">The other side does not speak multistream-select, or proposes without end.</exception>
    /// <exception cref="EndOfStreamException">It gave up.</exception>
    public static async ValueTask<string> ListenAsync(Stream stream, Func<string, bool> isSupported, CancellationToken cancellationToken)
    {
        await stream.WriteAsync(Lines(Header), cancellationToken).ConfigureAwait(false);
        await ReadHeaderAsync(stream, cancellationToken).ConfigureAwait(false);
        for (int proposals = 0; proposals < MaxProposals; proposals++)
        {
            string protocol = await ReadLineAsync(stream, cancellationToken).ConfigureAwait(false);
            bool supported = isSupported(protocol);
            await stream.WriteAsync(Lines(supported ? protocol : NotAvailable), cancellationToken).ConfigureAwait(false);
            if (supported)
            {
                return protocol;
            }
        }

        throw new WireFormatException($"multistream: more than {MaxProposals} proposals");
    }

    private static async ValueTask ReadHeaderAsync(Stream stream, CancellationToken cancellationToken)
    {
        string line = await ReadLineAsync(stream, cancellationToken).ConfigureAwait(false);
        if (line != Header)
        {
            throw new WireFormatException($"multistream: '{line}' instead of the header");
        }
    }

    private static async ValueTask<bool> ReadAnswerAsync(Stream stream, string proposed, CancellationToken cancellationToken)
    {
        string line = await ReadLineAsync(stream, cancellationToken).ConfigureAwait(false);
        return line == proposed || (line == NotAvailable ? false : throw new WireFormatException($"multistream: '{line}' as the answer to '{proposed}'"));
    }

    private static async ValueTask<string> ReadLineAsync(Stream stream, CancellationToken cancellationToken)
    {
        byte[] line = await DelimitedReader.ReadAsync(stream, MaxLineBytes, "multistream", cancellationToken).ConfigureAwait(false);
        try
        {
            return line is [.., (byte)'\n'] ? StrictUtf8.GetString(line, 0, line.Length - 1) : throw new WireFormatException("multistream: a line without its line feed");
        }
        catch (DecoderFallbackException e)
        {
            throw new WireFormatException("multistream: a line that is not UTF-8", e);
        }
    }

    private static byte[] Lines(params ReadOnlySpan<string> lines)
    {
        List<byte> bytes = [];
        Span<byte> prefix = stackalloc byte[Varint.MaxBytes];
        foreach (string line in lines)
        {
            byte[] text = Encoding.UTF8.GetBytes(line);
            bytes.AddRange(prefix[..Varint.Write(prefix, (ulong)text.Length + 1)]);
            bytes.AddRange(text);
            bytes.Add((byte)'\n');
        }

        return [.. bytes];
    }
}
