using Whorl.P2P;

namespace SwarmBench;

/// <summary>Two hosts on this machine.</summary>
internal static class Loopback
{
    public static Task<Libp2pHost> StartAsync(SecurityKind security = SecurityKind.Tls) => Libp2pHost.StartAsync(
        new Libp2pOptions { ListenAddresses = [Multiaddress.Parse("/ip4/127.0.0.1/tcp/0")], Security = [security] });

    /// <summary>The host, so far from all others.</summary>
    public static IPeerHost Far(IPeerHost host, TimeSpan oneWay) => oneWay == TimeSpan.Zero
        ? host
        : new FaultInjectingHost(host, side => side.IsWriting ? new StreamFaults { Delay = oneWay } : StreamFaults.None, TimeProvider.System);

    public static PeerAddress AddressOf(Libp2pHost host) => new(host.Id, host.ListenAddresses);
}
