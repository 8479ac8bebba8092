using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using Whorl.P2P.Protocols.Mdns;

namespace Whorl.P2P.Tests.Transports;

/// <summary>Hosts of one machine find each other without being told of an address, and strangers' packets cannot fill them.</summary>
public sealed class MdnsDiscoveryTests
{
    private static readonly IPAddress Group = IPAddress.Parse("224.0.0.251");

    private CancellationToken Token { get; } = new CancellationTokenSource(TimeSpan.FromSeconds(60)).Token; // turns a hang into a failure

    [Fact]
    public async Task Two_hosts_find_each_other_and_one_that_only_asks_is_found_by_nobody()
    {
        int port = FreePort();
        await using Libp2pHost first = await ListenAsync(), second = await ListenAsync(), asking = await Libp2pHost.StartAsync(new Libp2pOptions());
        Channel<PeerAddress> atFirst = Channel.CreateUnbounded<PeerAddress>(), atSecond = Channel.CreateUnbounded<PeerAddress>(), atAsking = Channel.CreateUnbounded<PeerAddress>();
        await using MdnsDiscovery one = Start(first, announces: true, atFirst, port), two = Start(second, announces: true, atSecond, port);
        await using MdnsDiscovery three = Start(asking, announces: false, atAsking, port);

        Assert.Equal(second.Id, (await atFirst.Reader.ReadAsync(Token)).Id);
        Assert.Equal(first.Id, (await atSecond.Reader.ReadAsync(Token)).Id);
        PeerAddress[] found = [await atAsking.Reader.ReadAsync(Token), await atAsking.Reader.ReadAsync(Token)];
        Assert.Equal([first.Id, second.Id], found.Select(peer => peer.Id!).ToHashSet());
        foreach (PeerAddress peer in found)
        {
            Assert.Equal(peer.Id, await asking.ConnectAsync(peer, Token));
        }

        Assert.False(atFirst.Reader.TryRead(out _)); // neither the one that asks, nor anybody twice
    }

    [Fact]
    public async Task Whoever_invents_peers_has_no_more_of_them_told_than_the_limit()
    {
        int port = FreePort();
        await using Libp2pHost host = await ListenAsync();
        Channel<PeerAddress> found = Channel.CreateUnbounded<PeerAddress>();
        await using MdnsDiscovery discovery = Start(host, announces: true, found, port);
        using UdpClient stranger = new(new IPEndPoint(IPAddress.Loopback, 0));
        stranger.Client.SetSocketOption(SocketOptionLevel.IP, SocketOptionName.MulticastInterface, IPAddress.Loopback.GetAddressBytes());
        for (int i = 0; found.Reader.Count < MdnsDiscovery.MaxPeers; i++)
        {
            Multiaddress[] invented = [.. Enumerable.Range(0, MdnsMessage.MaxOwnAddresses)
                .Select(_ => Multiaddress.FromTcp(new IPEndPoint(IPAddress.Loopback, 1)).WithPeer(PeerIdentity.Generate().Id))];
            await stranger.SendAsync(MdnsMessage.WriteAnswer($"x{i}", invented), new IPEndPoint(Group, port), Token);
            await stranger.SendAsync(new byte[] { 1, 2, 3 }, new IPEndPoint(Group, port), Token); // which ends nothing
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, Token);
        }

        for (int i = 0; i < 20; i++)
        {
            Multiaddress more = Multiaddress.FromTcp(new IPEndPoint(IPAddress.Loopback, 1)).WithPeer(PeerIdentity.Generate().Id);
            await stranger.SendAsync(MdnsMessage.WriteAnswer($"y{i}", [more]), new IPEndPoint(Group, port), Token);
        }

        await Task.Delay(TimeSpan.FromMilliseconds(300), TimeProvider.System, Token);
        Assert.Equal(MdnsDiscovery.MaxPeers, found.Reader.Count);
    }

    private static Task<Libp2pHost> ListenAsync() =>
        Libp2pHost.StartAsync(new Libp2pOptions { ListenAddresses = [Multiaddress.Parse("/ip4/127.0.0.1/tcp/0")] });

    private static MdnsDiscovery Start(Libp2pHost host, bool announces, Channel<PeerAddress> found, int port) =>
        MdnsDiscovery.Start(host, announces, peer => found.Writer.TryWrite(peer), time: null, logger: null, port);

    /// <summary>A port that no other test's packets come to.</summary>
    private static int FreePort()
    {
        using UdpClient probe = new(new IPEndPoint(IPAddress.Any, 0));
        return ((IPEndPoint)probe.Client.LocalEndPoint!).Port;
    }
}
