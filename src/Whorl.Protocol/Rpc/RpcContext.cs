using Whorl.P2P;
using Whorl.P2P.Multiformats;

namespace Whorl.Protocol.Rpc;

/// <summary>What a handler knows of a call.</summary>
/// <param name="Caller">The authenticated caller; null only on a transport without identities.</param>
/// <param name="Method">The protocol id that was called.</param>
/// <param name="Host">
/// What counts as one host where something is shared out: the caller's IPv4 address or IPv6 network of 56 bits, its relay's where it comes through one, or
/// "loopback". Null where the transport has no addresses.
/// </param>
public sealed record RpcContext(PeerId? Caller, string Method, string? Host = null)
{
    /// <summary>Whether the caller is on this machine.</summary>
    public bool IsLocal => Host == HostGroup.Loopback;

    /// <summary>Of a third peer's addresses those that may be dialled for the caller's sake: direct ones as far away as it is, never into networks that it is not in.</summary>
    public IEnumerable<Multiaddress> MayDial(IEnumerable<Multiaddress> addresses)
    {
        AddressScope scope = Host is null or HostGroup.Loopback ? AddressScope.Loopback
            : System.Net.IPAddress.TryParse(Host, out System.Net.IPAddress? ip) ? AddressScopes.Of(ip) : AddressScope.Public;
        return addresses.Where(address => !address.IsCircuit && AddressScopes.Of(address) >= scope);
    }
}
