using Whorl.P2P;

namespace SwarmBench;

/// <summary>Two hosts on this machine.</summary>
internal static class Loopback
{
    public static Task<Libp2pHost> StartAsync(SecurityKind security = SecurityKind.Tls) => Libp2pHost.StartAsync(
        new Libp2pOptions { ListenAddresses = [Multiaddress.Parse("/ip4/127.0.0.1/tcp/0")], Security = [security] });

    public static PeerAddress AddressOf(Libp2pHost host) => new(host.Id, host.ListenAddresses);
}
