using System.Net;
using System.Net.Sockets;

namespace Whorl.P2P.Multiformats;

/// <summary>Which addresses count as one host where something is shared out: identities cost nothing, addresses do.</summary>
internal static class HostGroup
{
    /// <summary>The group of this machine's own addresses, which all local processes share.</summary>
    public const string Loopback = "loopback";

    private const int Ipv6GroupBytes = 7;

    /// <summary>An IPv4 address, an IPv6 network of 56 bits, or <see cref="Loopback"/>.</summary>
    public static string Of(IPAddress ip) => IPAddress.IsLoopback(ip) ? Loopback : OfAny(ip);

    /// <summary>The same, where each of this machine's own addresses counts by itself.</summary>
    public static string OfAny(IPAddress ip)
    {
        ip = ip.IsIPv4MappedToIPv6 ? ip.MapToIPv4() : ip;
        return ip.AddressFamily == AddressFamily.InterNetwork ? ip.ToString() : Convert.ToHexString(ip.GetAddressBytes().AsSpan(0, Ipv6GroupBytes));
    }

    /// <summary>The same of an address; through a relay, the relay's. Null where it has no IP address.</summary>
    public static string? Of(Multiaddress? address) =>
        (address?.Relay ?? address)?.Components is [{ Protocol.Form: MultiaddressValueForm.Ip } first, ..] ? Of(new IPAddress(first.Value.Span)) : null;
}
