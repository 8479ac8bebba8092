using System.Net;
using System.Net.Sockets;

namespace Whorl.P2P.Multiformats;

/// <summary>From how far away an address can be dialled.</summary>
public enum AddressScope
{
    /// <summary>From this machine.</summary>
    Loopback,

    /// <summary>From the same private network.</summary>
    Private,

    /// <summary>From anywhere; names and relays count as such.</summary>
    Public,
}

/// <summary>Sorts addresses by their scope.</summary>
public static class AddressScopes
{
    /// <summary>From how far away an address can be dialled; one through a relay, as the relay's own.</summary>
    public static AddressScope Of(Multiaddress address)
    {
        Multiaddress direct = address.Relay ?? address;
        return direct.Components is [{ Protocol.Form: MultiaddressValueForm.Ip } first, ..] ? Of(new IPAddress(first.Value.Span)) : AddressScope.Public;
    }

    /// <summary>From how far away an IP address can be dialled.</summary>
    public static AddressScope Of(IPAddress ip)
    {
        if (IPAddress.IsLoopback(ip))
        {
            return AddressScope.Loopback;
        }

        ip = ip.IsIPv4MappedToIPv6 ? ip.MapToIPv4() : ip;
        byte[] b = ip.GetAddressBytes();
        bool isPrivate = ip.AddressFamily == AddressFamily.InterNetwork
            ? b[0] == 10 || (b[0] == 172 && (b[1] & 0xF0) == 16) || (b[0] == 192 && b[1] == 168) || (b[0] == 169 && b[1] == 254) || (b[0] == 100 && (b[1] & 0xC0) == 64)
            : ip.IsIPv6LinkLocal || ip.IsIPv6UniqueLocal || ip.IsIPv6SiteLocal;
        return isPrivate ? AddressScope.Private : AddressScope.Public;
    }

    /// <summary>Of the addresses a peer tells, those that make sense over a connection to it: a public peer's private addresses do not.</summary>
    public static IEnumerable<Multiaddress> Filter(IEnumerable<Multiaddress> told, Multiaddress? remote)
    {
        AddressScope scope = remote is null ? AddressScope.Loopback : Of(remote);
        return told.Where(address => Of(address) >= scope);
    }
}
