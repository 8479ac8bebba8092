using Whorl.P2P.Protocols.Identify;
using Whorl.P2P.Swarm;

namespace Whorl.P2P.Tests.Swarm;

/// <summary>From what identify brings to what identify tells: peers at several addresses of this machine claim to see a public one.</summary>
public sealed class AnnouncedAddressesTests
{
    private static readonly Multiaddress Mapped = Multiaddress.Parse("/ip4/203.0.113.9/tcp/4001");

    private CancellationToken Token { get; } = new CancellationTokenSource(TimeSpan.FromSeconds(30)).Token;

    [LinuxFact]
    public async Task What_four_peers_see_is_announced_and_told_to_those_who_are_connected()
    {
        await using Libp2pHost host = await StartAsync("127.0.0.1");
        await using Libp2pHost listener = await StartAsync("127.0.0.1");
        await listener.ConnectAsync(new PeerAddress(host.Id, host.ListenAddresses), Token);
        List<Libp2pHost> observers = [];
        for (int i = 1; i <= ObservedAddresses.Threshold; i++)
        {
            Assert.DoesNotContain(Mapped, host.ListenAddresses);
            observers.Add(await StartObserverAsync($"127.0.0.{10 + i}"));
            await observers[^1].Switch.PunchAsync(host.Id, host.ListenAddresses, isDialer: true, Token); // from its own address
            await Task.WhenAll(host.Switch.Pool.Snapshot().Select(c => c.Identified)).WaitAsync(Token);
        }

        while (!host.ListenAddresses.Contains(Mapped) || !listener.Switch.Store.GetAddresses(host.Id).Contains(Mapped))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, Token);
        }

        foreach (Libp2pHost observer in observers)
        {
            await observer.DisposeAsync();
        }
    }

    private static Task<Libp2pHost> StartAsync(string ip) =>
        Libp2pHost.StartAsync(new Libp2pOptions { ListenAddresses = [Multiaddress.Parse($"/ip4/{ip}/tcp/0")], KadMode = KadMode.Off });

    /// <summary>A node that says it sees everybody at the public address.</summary>
    private static async Task<Libp2pHost> StartObserverAsync(string ip)
    {
        Libp2pHost observer = await StartAsync(ip);
        observer.Unhandle(IdentifyProtocol.ProtocolId);
        observer.Handle(IdentifyProtocol.ProtocolId, async (stream, token) => await stream.WriteAsync(
            IdentifyMessage.Write(observer.Switch.Identity, observer.ListenAddresses, [IdentifyProtocol.ProtocolId], Mapped, "observer", 1), token));
        return observer;
    }

    /// <summary>A test that needs more than one address of the machine for itself.</summary>
    private sealed class LinuxFactAttribute : FactAttribute
    {
        public LinuxFactAttribute() => Skip = OperatingSystem.IsLinux() ? null : "only Linux has all of 127.0.0.0/8 without being told";
    }
}
