using Whorl.P2P;
using Whorl.P2P.Multiformats;

namespace Whorl;

/// <summary>From how far away addresses can be dialled.</summary>
internal static class AddressReach
{
    /// <summary>Direct ones before those through relays; of each the public ones, then those of the local network, then this machine's own.</summary>
    public static IEnumerable<Multiaddress> InOrder(IEnumerable<Multiaddress> addresses) =>
        addresses.OrderBy(address => address.IsCircuit).ThenByDescending(Of);

    /// <summary>Whether all of them lead to the machine that they are dialled on.</summary>
    public static bool AreHereOnly(IEnumerable<Multiaddress> addresses) => addresses.All(address => Of(address) == AddressScope.Loopback);

    /// <summary>From where one can be dialled.</summary>
    public static AddressScope Of(Multiaddress address) =>
        address.TryGetTcp(out string? host, out _) && host == "localhost" ? AddressScope.Loopback : AddressScopes.Of(address);
}
