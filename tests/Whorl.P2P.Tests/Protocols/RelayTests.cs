namespace Whorl.P2P.Tests.Protocols;

/// <summary>Relays, dial-backs and hole punching between nodes of our own.</summary>
public sealed class RelayTests : IAsyncLifetime
{
    private readonly List<Libp2pHost> _hosts = [];

    private CancellationToken Token { get; } = new CancellationTokenSource(TimeSpan.FromSeconds(30)).Token;

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        foreach (Libp2pHost host in _hosts)
        {
            await host.DisposeAsync();
            Assert.Equal(0, host.OpenConnections);
        }
    }

    [Fact]
    public async Task A_peer_that_cannot_be_dialled_is_reached_through_a_relay()
    {
        Libp2pHost relay = await StartAsync(o => o with { IsRelay = true });
        Libp2pHost hidden = await StartAsync(o => o with { ListenAddresses = [], PunchesHoles = false });
        Libp2pHost dialer = await StartAsync(o => o with { ListenAddresses = [], PunchesHoles = false });
        hidden.Handle("/echo/1", (stream, token) => stream.CopyToAsync(stream, token));
        await hidden.ReserveRelayAsync(AddressOf(relay), Token);
        Multiaddress circuit = Assert.Single(hidden.ListenAddresses);
        Assert.Equal(relay.ListenAddresses[0].WithPeer(relay.Id).WithCircuit(), circuit);
        Assert.True(hidden.IsReachedByRelayOnly);
        Assert.False(relay.IsReachedByRelayOnly || dialer.IsReachedByRelayOnly);
        await using PeerStream stream = await dialer.DialAsync(new PeerAddress(hidden.Id, circuit), "/echo/1", Token);
        Assert.Equal(hidden.Id, stream.RemotePeer);
        byte[] sent = new byte[2 << 20], received = new byte[2 << 20];
        new Random(1).NextBytes(sent);
        Task reading = stream.ReadExactlyAsync(received, Token).AsTask();
        await stream.WriteAsync(sent, Token);
        await reading;
        Assert.Equal(sent, received);
        Assert.NotEqual(TimeSpan.Zero, await hidden.PingAsync(dialer.Id, Token)); // the other way, over the same connection
    }

    [Fact]
    public async Task The_places_of_a_relay_are_shared_among_hosts()
    {
        Libp2pHost relay = await StartAsync(o => o with { IsRelay = true, RelayLimits = new RelayLimits { MaxReservations = 4 } });
        for (int i = 0; i < 2; i++)
        {
            await (await StartAsync(o => o with { ListenAddresses = [] })).ReserveRelayAsync(AddressOf(relay), Token);
        }

        Libp2pHost third = await StartAsync(o => o with { ListenAddresses = [] });
        await Assert.ThrowsAsync<PeerUnavailableException>(() => third.ReserveRelayAsync(AddressOf(relay), Token)); // half of them for one machine
        Assert.Equal(2, relay.Relay!.Reservations);
    }

    [Theory]
    [InlineData(ulong.MaxValue, 3600)]
    [InlineData(0ul, 60)]
    [InlineData(1_000_000_600ul, 600)]
    public void A_relay_is_not_believed_to_hold_a_place_for_ever(ulong told, int seconds)
    {
        DateTimeOffset now = DateTimeOffset.FromUnixTimeSeconds(1_000_000_000);
        Assert.Equal(now.AddSeconds(seconds), Whorl.P2P.Protocols.Relay.RelayClient.ReadExpiry(told, now));
    }

    [Fact]
    public async Task A_relay_of_the_options_is_kept_and_asked_again_when_it_is_lost()
    {
        Libp2pHost relay = await StartAsync(o => o with { IsRelay = true });
        Libp2pHost hidden = await StartAsync(o => o with { ListenAddresses = [], Relays = [AddressOf(relay)] });
        await EventuallyAsync(() => hidden.ListenAddresses.Count == 1);
        Assert.Equal(1, relay.Relay!.Reservations);
        await relay.DisconnectAsync(hidden.Id);
        await EventuallyAsync(() => hidden.ListenAddresses.Count == 0);
        await EventuallyAsync(() => relay.Relay.Reservations == 0);
    }

    [Fact]
    public async Task A_relay_refuses_whom_it_has_no_reservation_for_and_more_reservations_than_its_limit()
    {
        Libp2pHost relay = await StartAsync(o => o with { IsRelay = true, RelayLimits = new RelayLimits { MaxReservations = 1 } });
        Libp2pHost first = await StartAsync(o => o with { KadMode = KadMode.Off }), second = await StartAsync(o => o with { KadMode = KadMode.Off });
        await first.ReserveRelayAsync(AddressOf(relay), Token);
        Assert.False(first.IsReachedByRelayOnly); // its own address can be dialled from wherever the relay's can
        PeerUnavailableException e = await Assert.ThrowsAsync<PeerUnavailableException>(() => second.ReserveRelayAsync(AddressOf(relay), Token));
        Assert.Contains("ReservationRefused", e.Message, StringComparison.Ordinal);
        PeerAddress unreserved = new(second.Id, relay.ListenAddresses[0].WithPeer(relay.Id).WithCircuit());
        e = await Assert.ThrowsAsync<PeerUnavailableException>(async () => await first.DialAsync(unreserved, "/echo/1", Token));
        Assert.Contains("NoReservation", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_circuit_is_cut_after_its_bytes_and_both_ends_get_an_error()
    {
        Libp2pHost relay = await StartAsync(o => o with { IsRelay = true, RelayLimits = new RelayLimits { MaxCircuitBytes = 100_000 } });
        Libp2pHost hidden = await StartAsync(o => o with { PunchesHoles = false }), dialer = await StartAsync(o => o with { PunchesHoles = false });
        TaskCompletionSource<Exception?> far = new();
        hidden.Handle("/sink", async (stream, token) =>
            far.SetResult(await Record.ExceptionAsync(() => stream.CopyToAsync(Stream.Null, token))));
        await hidden.ReserveRelayAsync(AddressOf(relay), Token);
        PeerAddress circuit = new(hidden.Id, relay.ListenAddresses[0].WithPeer(relay.Id).WithCircuit());
        await using PeerStream stream = await dialer.DialAsync(circuit, "/sink", Token);
        await Assert.ThrowsAsync<PeerUnavailableException>(async () => await stream.WriteAsync(new byte[4 << 20], Token));
        Assert.IsType<PeerUnavailableException>(await far.Task.WaitAsync(Token));
    }

    [Fact]
    public async Task Peers_that_met_through_a_relay_connect_directly()
    {
        Libp2pHost relay = await StartAsync(o => o with { IsRelay = true });
        Libp2pHost hidden = await StartAsync(o => o), dialer = await StartAsync(o => o);
        hidden.Handle("/echo/1", (stream, token) => stream.CopyToAsync(stream, token));
        await hidden.ReserveRelayAsync(AddressOf(relay), Token);
        PeerAddress circuit = new(hidden.Id, relay.ListenAddresses[0].WithPeer(relay.Id).WithCircuit());
        await (await dialer.DialAsync(circuit, "/echo/1", Token)).DisposeAsync();
        await EventuallyAsync(() => dialer.Switch.Pool.Find(hidden.Id, directOnly: true) is not null);
        await EventuallyAsync(() => hidden.Switch.Pool.Find(dialer.Id, directOnly: true) is not null);
    }

    [Fact]
    public async Task A_peer_tells_whether_it_can_dial_us()
    {
        Libp2pHost helper = await StartAsync(o => o), open = await StartAsync(o => o);
        Assert.Equal(open.ListenAddresses[0], await open.AskReachabilityAsync(AddressOf(helper), Token));
        Libp2pHost closed = await StartAsync(o => o with { AnnounceAddresses = [Multiaddress.Parse("/ip4/127.0.0.1/tcp/1")] });
        Assert.Null(await closed.AskReachabilityAsync(AddressOf(helper), Token));
        Libp2pHost liar = await StartAsync(o => o with { AnnounceAddresses = [Multiaddress.Parse("/ip4/192.0.2.1/tcp/1")] });
        await Assert.ThrowsAsync<PeerUnavailableException>(() => liar.AskReachabilityAsync(AddressOf(helper), Token)); // never dials a stranger
    }

    private static PeerAddress AddressOf(Libp2pHost host) => new(host.Id, host.ListenAddresses);

    private async Task<Libp2pHost> StartAsync(Func<Libp2pOptions, Libp2pOptions> change)
    {
        _hosts.Add(await Libp2pHost.StartAsync(change(new Libp2pOptions { ListenAddresses = [Multiaddress.Parse("/ip4/127.0.0.1/tcp/0")] })));
        return _hosts[^1];
    }

    private static async Task EventuallyAsync(Func<bool> condition)
    {
        for (int i = 0; i < 1500 && !condition(); i++)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System);
        }

        Assert.True(condition());
    }
}
