using Whorl.P2P;
using Whorl.P2P.Multiformats;

namespace Whorl.Cli.Output;

/// <summary>Addresses of a node for people, those first that can be dialled from farthest away.</summary>
internal static class Whereabouts
{
    /// <summary>Direct ones before those through relays; of each the public ones, then those of the local network, then this machine's own.</summary>
    public static IEnumerable<Multiaddress> InOrder(IEnumerable<Multiaddress> addresses) =>
        addresses.OrderBy(address => address.IsCircuit).ThenByDescending(ScopeOf);

    /// <summary>Whether all of them lead to the machine that they are dialled on.</summary>
    public static bool AreHereOnly(IEnumerable<Multiaddress> addresses) => addresses.All(address => ScopeOf(address) == AddressScope.Loopback);

    /// <summary>One line for each address: from where it can be dialled, and the address as the last word.</summary>
    /// <param name="addresses">The addresses, with the peer's id.</param>
    /// <param name="words">What stands before each.</param>
    public static void Print(IEnumerable<Multiaddress> addresses, string words)
    {
        foreach (Multiaddress address in addresses)
        {
            Console.Out.WriteLine($"{$"[{Tag(address)}]",-10} {words} {address}");
        }
    }

    /// <summary>What to type elsewhere, with the address that reaches farthest.</summary>
    /// <param name="addresses">The addresses, in order.</param>
    /// <param name="command">The command up to the address.</param>
    public static void PrintCommand(IReadOnlyList<Multiaddress> addresses, string command) => Console.Out.WriteLine(
        addresses.Count == 0 || AreHereOnly(addresses)
            ? "only this machine reaches it; for others give --listen :PORT"
            : $"on another machine: {command} {addresses[0]}");

    private static AddressScope ScopeOf(Multiaddress address) =>
        address.TryGetTcp(out string? host, out _) && host == "localhost" ? AddressScope.Loopback : AddressScopes.Of(address);

    private static string Tag(Multiaddress address) => address.IsCircuit ? "relay" : ScopeOf(address) switch
    {
        AddressScope.Loopback => "loopback",
        AddressScope.Private => "LAN",
        _ => "public",
    };
}
