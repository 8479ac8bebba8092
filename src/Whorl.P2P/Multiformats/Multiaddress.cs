using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Text;
using Whorl.P2P.Multiformats;

namespace Whorl.P2P;

/// <summary>A self-describing address such as <c>/ip4/127.0.0.1/tcp/4001/p2p/Qm…</c>; equal where the bytes are equal.</summary>
/// <remarks>
/// Every protocol of the usual table is read and written; only TCP (and a relay's circuit over it) can be dialled: see <see cref="IsDialable"/>.
/// Source: <see href="https://github.com/multiformats/multiaddr"/>.
/// </remarks>
public sealed class Multiaddress : IEquatable<Multiaddress>
{
    /// <summary>A longer one is refused, in bytes.</summary>
    public const int MaxBytes = 2048;

    /// <summary>One with more components is refused.</summary>
    public const int MaxComponents = 32;

    private readonly byte[] _bytes;
    private readonly MultiaddressComponent[] _components;
    private string? _text;

    private Multiaddress(MultiaddressComponent[] components)
    {
        _components = components;
        _bytes = Encode(components);
    }

    /// <summary>The binary form, as it stands in protobuf messages.</summary>
    public ReadOnlyMemory<byte> Bytes => _bytes;

    /// <summary>Whether the TCP transport, perhaps through a relay, can dial it.</summary>
    public bool IsDialable => IsCircuit ? Relay is { IsDialable: true } : TryGetTcp(out _, out _);

    /// <summary>Whether it leads through a relay.</summary>
    public bool IsCircuit => IndexOf(MultiaddressProtocol.P2PCircuit) >= 0;

    /// <summary>For an address through a relay, the relay's own (before <c>/p2p-circuit</c>), where it is named; else null.</summary>
    public Multiaddress? Relay => IndexOf(MultiaddressProtocol.P2PCircuit) is > 0 and int at ? new Multiaddress(_components[..at]) : null;

    /// <summary>The peer that a trailing <c>/p2p/…</c> names, else null.</summary>
    public PeerId? PeerId => _components is [.., { Protocol.Code: MultiaddressProtocol.P2P } last] ? PeerId.FromBytes(last.Value.Span) : null;

    internal IReadOnlyList<MultiaddressComponent> Components => _components;

    /// <summary>Reads the text form.</summary>
    /// <exception cref="FormatException">It is not a multiaddr, or above the limits; the message says which part.</exception>
    public static Multiaddress Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (!text.StartsWith('/') || text.Length > MaxBytes)
        {
            throw new FormatException($"a multiaddr starts with a slash and has at most {MaxBytes} characters; got {text.Length} from '{text[..Math.Min(20, text.Length)]}'");
        }

        string[] parts = text[1..].Split('/');
        int end = Math.Max(1, Array.FindLastIndex(parts, part => part.Length > 0) + 1);
        List<MultiaddressComponent> components = [];
        for (int at = 0; at < end;)
        {
            MultiaddressProtocol protocol = MultiaddressProtocol.Find(parts[at])
                ?? throw new FormatException($"multiaddr '{text}': unknown protocol '{parts[at]}'");
            int taken = protocol.Form switch
            {
                MultiaddressValueForm.None => 0,
                MultiaddressValueForm.Path => end - at - 1,
                _ when at + 1 >= end => throw new FormatException($"multiaddr '{text}': /{protocol.Name} has no value"),
                MultiaddressValueForm.Peer => PartsOfPeerId(parts.AsSpan(at + 1)),
                _ => 1,
            };
            string value = string.Join('/', parts.AsSpan(at + 1, taken)!);
            components.Add(MultiaddressComponent.FromText(protocol, protocol.Form == MultiaddressValueForm.Path ? "/" + value : value));
            at += 1 + taken;
        }

        return components.Count <= MaxComponents
            ? new Multiaddress([.. components])
            : throw new FormatException($"multiaddr with {components.Count} components, limit {MaxComponents}");
    }

    // The base64 of multibase has the slash among its digits.
    private static int PartsOfPeerId(ReadOnlySpan<string> parts)
    {
        if (parts[0] is ['m' or 'M', ..])
        {
            int length = -1;
            for (int count = 1; count <= parts.Length && (length += 1 + parts[count - 1].Length) <= Base58.MaxTextLength; count++)
            {
                if (PeerId.TryParse(string.Join('/', parts[..count]!), out _))
                {
                    return count;
                }
            }
        }

        return 1;
    }

    /// <summary>Reads the text form; false where <see cref="Parse"/> would throw.</summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out Multiaddress? address)
    {
        try
        {
            address = text is null ? null : Parse(text);
        }
        catch (FormatException)
        {
            address = null;
        }

        return address is not null;
    }

    /// <summary>Reads the binary form.</summary>
    /// <exception cref="WireFormatException">Malformed, above the limits, or of a protocol not in the table (whose length is then unknown).</exception>
    public static Multiaddress FromBytes(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length is 0 or > MaxBytes)
        {
            throw new WireFormatException($"multiaddr of {bytes.Length} bytes, limit {MaxBytes}");
        }

        List<MultiaddressComponent> components = [];
        while (!bytes.IsEmpty)
        {
            ulong code = Varint.Read(ref bytes);
            MultiaddressProtocol protocol = MultiaddressProtocol.Find(code)
                ?? throw new WireFormatException($"multiaddr: unknown protocol code {code}");
            components.Add(new MultiaddressComponent(protocol, TakeValue(protocol, ref bytes).ToArray()));
            components[^1].Check();
            if (components.Count > MaxComponents)
            {
                throw new WireFormatException($"multiaddr with more than {MaxComponents} components");
            }
        }

        return new Multiaddress([.. components]);
    }

    /// <summary>Reads the binary form; false where <see cref="FromBytes"/> would throw: skip the address and keep its list.</summary>
    public static bool TryFromBytes(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out Multiaddress? address)
    {
        try
        {
            address = FromBytes(bytes);
        }
        catch (WireFormatException)
        {
            address = null;
        }

        return address is not null;
    }

    /// <summary>The address of a TCP endpoint.</summary>
    public static Multiaddress FromTcp(IPEndPoint endpoint)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        IPAddress ip = endpoint.Address.IsIPv4MappedToIPv6 ? endpoint.Address.MapToIPv4() : endpoint.Address;
        int code = ip.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork ? MultiaddressProtocol.Ip4 : MultiaddressProtocol.Ip6;
        return new Multiaddress(
        [
            new MultiaddressComponent(MultiaddressProtocol.Find((ulong)code)!, ip.GetAddressBytes()),
            new MultiaddressComponent(MultiaddressProtocol.Find(MultiaddressProtocol.Tcp)!, new[] { (byte)(endpoint.Port >> 8), (byte)endpoint.Port }),
        ]);
    }

    /// <summary>The same address with <c>/p2p/id</c> behind it; unchanged where it already ends so.</summary>
    public Multiaddress WithPeer(PeerId id)
    {
        ArgumentNullException.ThrowIfNull(id);
        return PeerId == id ? this : new Multiaddress([.. _components, new MultiaddressComponent(MultiaddressProtocol.Find(MultiaddressProtocol.P2P)!, id.Bytes)]);
    }

    /// <summary>The same address without a trailing <c>/p2p/…</c>; null where nothing else is left.</summary>
    public Multiaddress? WithoutPeer() => PeerId is null ? this : _components.Length == 1 ? null : new Multiaddress(_components[..^1]);

    /// <summary>The address of a peer behind this relay: <c>/p2p-circuit</c> appended.</summary>
    public Multiaddress WithCircuit() => new([.. _components, new MultiaddressComponent(MultiaddressProtocol.Find(MultiaddressProtocol.P2PCircuit)!, default)]);

    /// <summary>Takes an address apart that is exactly a host and a TCP port (a trailing <c>/p2p/…</c> aside).</summary>
    /// <param name="host">An IP address, or the name that <c>dns</c>, <c>dns4</c> or <c>dns6</c> hold.</param>
    /// <param name="port">The TCP port, 0 where any is meant.</param>
    public bool TryGetTcp([NotNullWhen(true)] out string? host, out int port)
    {
        ReadOnlySpan<MultiaddressComponent> parts = PeerId is null ? _components : _components.AsSpan()[..^1];
        bool isTcp = parts.Length == 2 && parts[1].Protocol.Code == MultiaddressProtocol.Tcp && parts[0].Protocol.Code is
            MultiaddressProtocol.Ip4 or MultiaddressProtocol.Ip6 or MultiaddressProtocol.Dns or MultiaddressProtocol.Dns4 or MultiaddressProtocol.Dns6;
        host = isTcp ? parts[0].ValueText : null;
        port = isTcp ? (int)parts[1].Number : 0;
        return isTcp;
    }

    /// <summary>The text form; peer ids in base58.</summary>
    public override string ToString()
    {
        if (_text is null)
        {
            StringBuilder text = new();
            foreach (MultiaddressComponent component in _components)
            {
                string value = component.ValueText;
                text.Append('/').Append(component.Protocol.Name).Append(value.Length > 0 && value[0] != '/' ? "/" : "").Append(value);
            }

            _text = text.ToString();
        }

        return _text;
    }

    /// <inheritdoc/>
    public bool Equals(Multiaddress? other) => other is not null && _bytes.AsSpan().SequenceEqual(other._bytes);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Multiaddress);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        HashCode hash = default;
        hash.AddBytes(_bytes);
        return hash.ToHashCode();
    }

    private int IndexOf(int code) => Array.FindIndex(_components, c => c.Protocol.Code == code);

    private static ReadOnlySpan<byte> TakeValue(MultiaddressProtocol protocol, ref ReadOnlySpan<byte> bytes)
    {
        if (protocol.Size == MultiaddressProtocol.LengthPrefixed)
        {
            return Varint.ReadPrefixed(ref bytes, MultiaddressComponent.MaxValueBytes, $"multiaddr /{protocol.Name}");
        }

        if (bytes.Length < protocol.Size)
        {
            throw new WireFormatException($"multiaddr /{protocol.Name}: {protocol.Size} bytes needed, {bytes.Length} present");
        }

        ReadOnlySpan<byte> value = bytes[..protocol.Size];
        bytes = bytes[protocol.Size..];
        return value;
    }

    private static byte[] Encode(MultiaddressComponent[] components)
    {
        List<byte> bytes = [];
        Span<byte> number = stackalloc byte[Varint.MaxBytes];
        foreach ((MultiaddressProtocol protocol, ReadOnlyMemory<byte> value) in components)
        {
            bytes.AddRange(number[..Varint.Write(number, (ulong)protocol.Code)]);
            if (protocol.Size == MultiaddressProtocol.LengthPrefixed)
            {
                bytes.AddRange(number[..Varint.Write(number, (ulong)value.Length)]);
            }

            bytes.AddRange(value.Span);
        }

        return [.. bytes];
    }
}
