using System.Net;
using System.Net.Sockets;

namespace Whorl.P2P.Multiformats;

/// <summary>Which addresses count as one host where something is shared out: identities cost nothing, addresses do.</summary>
public static class HostGroup
{
    /// <summary>The group of this machine's own addresses, which all local processes share.</summary>
    public const string Loopback = "loopback";

    private const int Ipv6GroupBytes = 7;

    /// <summary>An IPv4 address, an IPv6 network of 56 bits, or <see cref="Loopback"/>.</summary>
    /// <param name="ip">The other side's address.</param>
    /// <param name="own">This side's, where it is known: whoever comes from there is on this machine, too.</param>
    public static string Of(IPAddress ip, IPAddress? own = null) => IPAddress.IsLoopback(ip) || ip.Equals(own) ? Loopback : OfAny(ip);

    /// <summary>The same, where each of this machine's own addresses counts by itself.</summary>
    public static string OfAny(IPAddress ip)
    {
        ip = ip.IsIPv4MappedToIPv6 ? ip.MapToIPv4() : ip;
        return ip.AddressFamily == AddressFamily.InterNetwork ? ip.ToString() : Convert.ToHexString(ip.GetAddressBytes().AsSpan(0, Ipv6GroupBytes));
    }

    /// <summary>The same of an address; through a relay, the relay's. Null where it has no IP address.</summary>
    /// <param name="address">The other side's.</param>
    /// <param name="own">This side's, as above; it has none through a relay.</param>
    public static string? Of(Multiaddress? address, IPAddress? own = null) =>
        (address?.Relay ?? address)?.Components is [{ Protocol.Form: MultiaddressValueForm.Ip } first, ..] ? Of(new IPAddress(first.Value.Span), own) : null;
}
