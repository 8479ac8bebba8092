using System.Net;
using System.Net.Sockets;
using Whorl.Testing;

namespace Whorl.P2P.Tests.Swarm;

/// <summary>Whoever opens connections and does nothing with them keeps nobody else out.</summary>
public sealed class CrowdedListenerTests
{
    private CancellationToken Token { get; } = new CancellationTokenSource(TimeSpan.FromMinutes(1)).Token;

    [Fact]
    public async Task Silent_connections_do_not_shut_a_node()
    {
        await using Libp2pHost host = await Libp2pHost.StartAsync(Listening);
        Assert.True(host.ListenAddresses[0].TryGetTcp(out string? ip, out int port));
        List<Socket> silent = [];
        try
        {
            for (int i = 0; i < 400; i++)
            {
                Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                silent.Add(socket);
                await socket.ConnectAsync(new IPEndPoint(IPAddress.Parse(ip), port), Token);
            }

            await using Libp2pHost good = await Libp2pHost.StartAsync(new Libp2pOptions { KadMode = KadMode.Off });
            Assert.Equal(host.Id, await good.ConnectAsync(new PeerAddress(host.Id, host.ListenAddresses), Token));
        }
        finally
        {
            silent.ForEach(socket => socket.Dispose());
        }
    }

    [Fact]
    public async Task In_a_full_house_the_connection_that_is_used_least_makes_way()
    {
        ManualTimeProvider clock = new();
        await using Libp2pHost host = await Libp2pHost.StartAsync(Listening with { MaxConnections = 4 }, clock);
        host.Handle("/hold", (_, token) => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, token));
        List<Libp2pHost> others = [];
        try
        {
            for (int i = 0; i < 4; i++)
            {
                others.Add(await ConnectAsync(host));
            }

            await using PeerStream held = await others[0].DialAsync(host.Id, "/hold", Token);
            await EventuallyAsync(() => host.Switch.Pool.Snapshot().Count(c => c.Session.OpenStreams == 0) == 3);
            clock.Advance(TimeSpan.FromSeconds(3));
            others.Add(await ConnectAsync(host));
            others.Add(await ConnectAsync(host));

            await EventuallyAsync(() => host.OpenConnections == 4);
            Assert.Contains(host.Switch.Pool.Snapshot(), c => c.RemotePeer == others[0].Id); // its stream is open
            Assert.Contains(host.Switch.Pool.Snapshot(), c => c.RemotePeer == others[5].Id);
        }
        finally
        {
            foreach (Libp2pHost other in others)
            {
                await other.DisposeAsync();
            }
        }
    }

    private static Libp2pOptions Listening { get; } = new() { ListenAddresses = [Multiaddress.Parse("/ip4/127.0.0.1/tcp/0")], KadMode = KadMode.Off };

    private async Task<Libp2pHost> ConnectAsync(Libp2pHost to)
    {
        Libp2pHost host = await Libp2pHost.StartAsync(new Libp2pOptions { KadMode = KadMode.Off });
        await host.ConnectAsync(new PeerAddress(to.Id, to.ListenAddresses), Token);
        return host;
    }

    private async Task EventuallyAsync(Func<bool> condition)
    {
        while (!condition())
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, Token);
        }
    }
}
