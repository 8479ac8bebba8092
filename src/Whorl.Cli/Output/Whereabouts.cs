using Whorl.P2P;
using Whorl.P2P.Multiformats;

namespace Whorl.Cli.Output;

/// <summary>Addresses of a node for people.</summary>
internal static class Whereabouts
{
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
        addresses.Count == 0 || AddressReach.AreHereOnly(addresses)
            ? "only this machine reaches it; for others give --listen :PORT"
            : $"on another machine: {command} {addresses[0]}");

    private static string Tag(Multiaddress address) => address.IsCircuit ? "relay" : AddressReach.Of(address) switch
    {
        AddressScope.Loopback => "loopback",
        AddressScope.Private => "LAN",
        _ => "public",
    };
}
