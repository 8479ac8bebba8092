using System.Net;
using System.Net.Sockets;
using Whorl.P2P.Swarm;

namespace Whorl.P2P.Tests.Swarm;

/// <summary>From which port connections leave, and which part their ends play.</summary>
public sealed class PortReuseTests : IAsyncLifetime
{
    private Libp2pHost _near = null!;
    private Libp2pHost _far = null!;

    private CancellationToken Token { get; } = new CancellationTokenSource(TimeSpan.FromSeconds(30)).Token;

    public async Task InitializeAsync() => (_near, _far) = (await StartAsync("/ip4/127.0.0.1/tcp/0"), await StartAsync("/ip4/127.0.0.1/tcp/0"));

    public async Task DisposeAsync()
    {
        await _near.DisposeAsync();
        await _far.DisposeAsync();
    }

    [UnixFact]
    public async Task The_remote_of_a_hole_punching_dial_sees_the_listening_port()
    {
        await _near.Switch.PunchAsync(_far.Id, _far.ListenAddresses, isDialer: true, Token);
        Assert.Equal(_near.ListenAddresses[0], await SeenByFarAsync(connections: 1));
    }

    [UnixFact]
    public async Task A_node_that_listens_on_all_interfaces_leaves_from_its_port_too()
    {
        await using Libp2pHost everywhere = await StartAsync("/ip4/0.0.0.0/tcp/0");
        await everywhere.Switch.PunchAsync(_far.Id, _far.ListenAddresses, isDialer: true, Token);
        Assert.Contains(await SeenByFarAsync(connections: 1), everywhere.ListenAddresses);
    }

    [UnixFact]
    public async Task A_second_connection_between_the_same_endpoints_leaves_from_a_fresh_port()
    {
        await _near.Switch.PunchAsync(_far.Id, _far.ListenAddresses, isDialer: true, Token);
        Assert.Equal(_near.ListenAddresses[0], await SeenByFarAsync(connections: 1)); // the far end may be ready with them in another order
        await _near.Switch.PunchAsync(_far.Id, _far.ListenAddresses, isDialer: true, Token);
        Assert.NotEqual(_near.ListenAddresses[0], await SeenByFarAsync(connections: 2));
    }

    [Fact]
    public async Task A_dial_back_and_a_dial_within_the_machine_leave_from_fresh_ports()
    {
        await _near.Switch.ProbeAsync(_far.Id, _far.ListenAddresses, Token);
        Assert.NotEqual(_near.ListenAddresses[0], await SeenByFarAsync(connections: 1));
        await _near.DisconnectAsync(_far.Id);
        await EventuallyAsync(() => _near.OpenConnections + _far.OpenConnections == 0);
        await _near.ConnectAsync(new PeerAddress(_far.Id, _far.ListenAddresses), Token);
        Assert.NotEqual(_near.ListenAddresses[0], await SeenByFarAsync(connections: 1));
    }

    [Fact]
    public async Task In_a_punched_hole_one_of_the_two_that_dialled_plays_the_listener()
    {
        using TcpListener raw = new(IPAddress.Loopback, 0);
        raw.Start();
        Task<Connection> near = _near.Switch.PunchAsync(_far.Id, [Multiaddress.FromTcp((IPEndPoint)raw.LocalEndpoint)], isDialer: false, Token);
        NetworkStream accepted = new(await raw.AcceptSocketAsync(Token), ownsSocket: true);
        Connection far = await _far.Switch.AdoptAsync(accepted, isDialer: true, _near.Id, null, isRelayed: false, Token);
        Assert.Equal((_far.Id, false), ((await near).RemotePeer, (await near).IsDialer));
        Assert.Equal((_near.Id, true), (far.RemotePeer, far.IsDialer));
        Assert.True(await _near.PingAsync(_far.Id, Token) > TimeSpan.Zero);
    }

    [Fact]
    public async Task A_port_that_another_node_listens_on_is_refused()
    {
        Assert.True(_near.ListenAddresses[0].TryGetTcp(out _, out int port));
        SocketException e = await Assert.ThrowsAsync<SocketException>(() => StartAsync($"/ip4/127.0.0.1/tcp/{port}"));
        Assert.Equal(SocketError.AddressAlreadyInUse, e.SocketErrorCode);
    }

    private static Task<Libp2pHost> StartAsync(string listen) =>
        Libp2pHost.StartAsync(new Libp2pOptions { ListenAddresses = [Multiaddress.Parse(listen)], KadMode = KadMode.Off });

    /// <summary>Where the far node sees the latest of its connections come from.</summary>
    private async Task<Multiaddress?> SeenByFarAsync(int connections)
    {
        await EventuallyAsync(() => _far.OpenConnections == connections);
        return _far.Switch.Pool.Snapshot()[^1].RemoteAddress;
    }

    private static async Task EventuallyAsync(Func<bool> condition)
    {
        for (int i = 0; i < 1000 && !condition(); i++)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System);
        }

        Assert.True(condition());
    }

    /// <summary>A test of what Windows does not offer.</summary>
    private sealed class UnixFactAttribute : FactAttribute
    {
        public UnixFactAttribute() => Skip = OperatingSystem.IsWindows() ? "on Windows connections leave from fresh ports" : null;
    }
}
