using System.Buffers.Binary;
using System.Buffers.Text;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Whorl.P2P.Multiformats;

/// <summary>One step of a multiaddr: <c>/tcp/4001</c> is the protocol tcp with the bytes 0f a1.</summary>
internal readonly record struct MultiaddressComponent(MultiaddressProtocol Protocol, ReadOnlyMemory<byte> Value)
{
    /// <summary>No value may be longer: names and peer ids are far below it.</summary>
    public const int MaxValueBytes = 1024;

    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    /// <summary>The value as it stands in the text form; empty where the protocol has none.</summary>
    public string ValueText => Protocol.Form switch
    {
        MultiaddressValueForm.None => "",
        MultiaddressValueForm.Ip => new IPAddress(Value.Span).ToString(),
        MultiaddressValueForm.Number => Number.ToString(CultureInfo.InvariantCulture),
        MultiaddressValueForm.Peer => PeerId.FromBytes(Value.Span).ToString(),
        MultiaddressValueForm.Multibase => "u" + Base64Url.EncodeToString(Value.Span),
        _ => StrictUtf8.GetString(Value.Span),
    };

    /// <summary>The value of a port or a memory address.</summary>
    public ulong Number => Value.Length == 2 ? BinaryPrimitives.ReadUInt16BigEndian(Value.Span) : BinaryPrimitives.ReadUInt64BigEndian(Value.Span);

    /// <exception cref="FormatException">The text is not a value of this protocol.</exception>
    public static MultiaddressComponent FromText(MultiaddressProtocol protocol, string text)
    {
        byte[] value = protocol.Form switch
        {
            MultiaddressValueForm.None => [],
            MultiaddressValueForm.Ip => Ip(protocol, text),
            MultiaddressValueForm.Number => NumberBytes(protocol, text),
            MultiaddressValueForm.Peer => PeerId.Parse(text).Bytes.ToArray(),
            MultiaddressValueForm.Multibase => text.StartsWith('u')
                ? Base64Url.DecodeFromChars(text.AsSpan(1))
                : throw new FormatException($"/{protocol.Name}: '{text}' is not multibase base64url"),
            _ => Encoding.UTF8.GetBytes(text),
        };
        MultiaddressComponent component = new(protocol, value);
        component.Check();
        return component;
    }

    /// <exception cref="WireFormatException">The value cannot be one of this protocol's.</exception>
    public void Check()
    {
        if (Value.Length > MaxValueBytes)
        {
            throw new WireFormatException($"multiaddr /{Protocol.Name}: value of {Value.Length} bytes, limit {MaxValueBytes}");
        }

        switch (Protocol.Form)
        {
            case MultiaddressValueForm.Peer:
                PeerId.FromBytes(Value.Span);
                break;
            case MultiaddressValueForm.Text or MultiaddressValueForm.Path:
                CheckText();
                break;
        }
    }

    private void CheckText()
    {
        try
        {
            string text = StrictUtf8.GetString(Value.Span);
            if (text.Length == 0 || (Protocol.Form == MultiaddressValueForm.Text && text.Contains('/', StringComparison.Ordinal)))
            {
                throw new WireFormatException($"multiaddr /{Protocol.Name}: an empty value or one with a slash");
            }

            if (!PeerText.IsClean(text)) // it is shown to people, wherever it came from
            {
                throw new WireFormatException($"multiaddr /{Protocol.Name}: a value with characters that do not print");
            }
        }
        catch (DecoderFallbackException e)
        {
            throw new WireFormatException($"multiaddr /{Protocol.Name}: the value is not UTF-8", e);
        }
    }

    private static byte[] Ip(MultiaddressProtocol protocol, string text)
    {
        AddressFamily family = protocol.Size == 4 ? AddressFamily.InterNetwork : AddressFamily.InterNetworkV6;
        bool valid = IPAddress.TryParse(text, out IPAddress? address) && address.AddressFamily == family
            && (protocol.Size == 16 || text.Count(c => c == '.') == 3) && !text.AsSpan().ContainsAny('%', '[');
        return valid ? address!.GetAddressBytes() : throw new FormatException($"/{protocol.Name}: '{text}' is not such an address");
    }

    private static byte[] NumberBytes(MultiaddressProtocol protocol, string text)
    {
        byte[] bytes = new byte[protocol.Size];
        if (protocol.Size == 2 && ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ushort port))
        {
            BinaryPrimitives.WriteUInt16BigEndian(bytes, port);
        }
        else if (protocol.Size == 8 && ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong number))
        {
            BinaryPrimitives.WriteUInt64BigEndian(bytes, number);
        }
        else
        {
            throw new FormatException($"/{protocol.Name}: '{text}' is not a number of {protocol.Size * 8} bits");
        }

        return bytes;
    }
}
