using Whorl.P2P.Protocols.Identify;
using Whorl.P2P.Swarm;
using Whorl.Protocol.Rpc;
using Whorl.Testing;

namespace Whorl.P2P.Tests.Transports;

public sealed class NoiseHostTests() : Libp2pHostTests(SecurityKind.Noise);

public sealed class TlsHostTests() : Libp2pHostTests(SecurityKind.Tls);

public abstract class Libp2pHostTests(SecurityKind security) : PeerHostTests
{
    private readonly List<Libp2pHost> _started = [];

    protected override int OpenStreams => _started.Sum(host => host.OpenStreams + host.OpenConnections);

    [Fact]
    public async Task One_connection_carries_the_streams_of_both_directions()
    {
        A.Handle("/echo/a", EchoAsync);
        await using PeerStream there = await A.DialAsync(AddressOfB, "/echo/1", Token);
        await using PeerStream back = await B.DialAsync(A.Id, "/echo/a", Token);
        await back.WriteAsync(new byte[5], Token);
        await back.ReadExactlyAsync(new byte[5], Token);
        Assert.Equal(1, _started[0].OpenConnections);
        Assert.Equal(1, _started[1].OpenConnections);
    }

    [Fact]
    public async Task Whoever_answers_must_be_who_was_dialled()
    {
        PeerAddress wrong = new(PeerIdentity.Generate().Id, B.ListenAddresses);
        ProtocolViolationException e = await Assert.ThrowsAsync<ProtocolViolationException>(async () => await A.DialAsync(wrong, "/echo/1", Token));
        Assert.Contains(B.Id.ToString(), e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_an_id_whoever_answers_is_accepted_and_named()
    {
        await using PeerStream stream = await A.DialAsync(new PeerAddress(null, B.ListenAddresses), "/echo/1", Token);
        Assert.Equal(B.Id, stream.RemotePeer);
    }

    [Fact]
    public async Task A_peer_pings_and_is_known_by_what_it_says()
    {
        Assert.Equal(B.Id, await _started[0].ConnectAsync(AddressOfB, Token));
        Assert.True(await _started[0].PingAsync(B.Id, Token) > TimeSpan.Zero);
        Assert.True(_started[0].Switch.Store.Speaks(B.Id, "/echo/1"));
        Assert.Contains(B.ListenAddresses[0], _started[0].Switch.Store.GetAddresses(B.Id));
    }

    [Fact]
    public async Task New_protocols_are_pushed_to_connected_peers()
    {
        await _started[0].ConnectAsync(AddressOfB, Token);
        B.Handle("/new", EchoAsync);
        await Eventually(() => _started[0].Switch.Store.Speaks(B.Id, "/new"));
        B.Unhandle("/new");
        await Eventually(() => !_started[0].Switch.Store.Speaks(B.Id, "/new"));
    }

    [Fact]
    public async Task A_peer_comes_back_after_its_connection_was_closed()
    {
        await (await A.DialAsync(AddressOfB, "/echo/1", Token)).DisposeAsync();
        await _started[0].DisconnectAsync(B.Id);
        await Eventually(() => _started[0].OpenConnections == 0);
        await (await A.DialAsync(B.Id, "/echo/1", Token)).DisposeAsync(); // by the addresses it told
    }

    [Fact]
    public async Task Fifty_dials_at_once_make_one_connection()
    {
        PeerStream[] streams = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => A.DialAsync(AddressOfB, "/echo/1", Token).AsTask()));
        Assert.Equal(1, _started[0].OpenConnections);
        foreach (PeerStream stream in streams)
        {
            await stream.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_dead_address_does_not_hinder_a_living_one_and_errors_name_each()
    {
        Multiaddress dead = Multiaddress.Parse("/ip4/127.0.0.1/tcp/1");
        await (await A.DialAsync(new PeerAddress(B.Id, [dead, .. B.ListenAddresses]), "/echo/1", Token)).DisposeAsync();
        PeerUnavailableException e = await Assert.ThrowsAsync<PeerUnavailableException>(
            async () => await A.DialAsync(new PeerAddress(PeerIdentity.Generate().Id, dead), "/echo/1", Token));
        Assert.Contains("/ip4/127.0.0.1/tcp/1", e.Message, StringComparison.Ordinal);
        Assert.True(e.IsTransient);
        e = await Assert.ThrowsAsync<PeerUnavailableException>(
            async () => await A.DialAsync(new PeerAddress(PeerIdentity.Generate().Id, Multiaddress.Parse("/ip4/127.0.0.1/udp/1/quic-v1")), "/echo/1", Token));
        Assert.False(e.IsTransient);
    }

    [Fact]
    public async Task A_peer_known_by_id_only_is_found_through_a_third()
    {
        Libp2pHost c = (Libp2pHost)await StartAsync();
        await using (c)
        {
            c.Handle("/echo/c", EchoAsync);
            await c.ConnectAsync(AddressOfB, Token);
            await _started[0].ConnectAsync(AddressOfB, Token);
            await Eventually(() => _started[1].Kad!.Table.Count == 2);
            await Eventually(() => _started[0].Kad!.Table.Count > 0);
            Assert.Equal(c.ListenAddresses, await _started[0].FindPeerAsync(c.Id, Token));
            await (await A.DialAsync(c.Id, "/echo/c", Token)).DisposeAsync();
            Assert.Empty(await _started[0].FindPeerAsync(PeerIdentity.Generate().Id, Token));
        }
    }

    [Fact]
    public async Task Quick_calls_are_answered_however_many_slow_ones_compute()
    {
        TaskCompletionSource<ReadOnlyMemory<byte>> slow = new();
        RpcServer server = new(B, TimeProvider.System);
        int begun = 0;
        server.HandleUnary("Test.rpc_slow", (_, _, token) =>
        {
            Interlocked.Increment(ref begun);
            return new(slow.Task.WaitAsync(token));
        });
        server.HandleUnary("Test.rpc_quick", (_, data, _) => new(data), isQuick: true);
        RpcClient client = new(A, TimeProvider.System);
        Task[] waiting = [.. Enumerable.Range(0, 100).Select(_ => client.CallAsync(AddressOfB, "Test.rpc_slow", new byte[1 << 20], Timeout.InfiniteTimeSpan, Token))];
        await Eventually(() => Volatile.Read(ref begun) == RpcLimits.MaxAnswerBytes / RpcLimits.MaxUnaryBytes); // the others wait
        Assert.Equal([7], (await client.CallAsync(AddressOfB, "Test.rpc_quick", new byte[] { 7 }, Timeout.InfiniteTimeSpan, Token)).ToArray());
        Assert.DoesNotContain(waiting, call => call.IsCompleted);
        slow.SetResult(default);
        await Task.WhenAll(waiting);
    }

    [Fact]
    public async Task A_look_up_waits_for_what_a_fresh_connection_has_still_to_tell()
    {
        TaskCompletionSource mayTell = new();
        Libp2pHost b = _started[1];
        b.Switch.Handlers.Remove(IdentifyProtocol.ProtocolId);
        b.Switch.Handlers.Add(IdentifyProtocol.ProtocolId, async (stream, token) =>
        {
            await mayTell.Task.WaitAsync(token);
            await stream.WriteAsync(IdentifyMessage.Write(b.Switch.Identity, b.ListenAddresses, b.Switch.Handlers.Protocols, null, "slow", 1), token);
        });
        PeerId third = PeerIdentity.Generate().Id;
        b.AddAddresses(third, [Multiaddress.Parse("/ip4/127.0.0.1/tcp/1")]);
        await _started[0].Switch.ConnectAsync(AddressOfB, Token);
        Task<IReadOnlyList<Multiaddress>> found = _started[0].FindPeerAsync(third, Token);
        Assert.False(found.IsCompleted);
        mayTell.SetResult();
        Assert.Equal("/ip4/127.0.0.1/tcp/1", Assert.Single(await found).ToString());
    }

    [Fact]
    public async Task The_addresses_of_a_connected_peer_are_told_to_others_however_long_it_stays()
    {
        ManualTimeProvider clock = new(); // of both: a certificate made by another clock may not be valid yet
        Libp2pOptions options = Options() with { KeepAliveTimeout = TimeSpan.FromDays(10) }; // moving the clock is no silence
        await using Libp2pHost boot = await Libp2pHost.StartAsync(options, clock);
        await using Libp2pHost peer = await Libp2pHost.StartAsync(options, clock);
        await peer.ConnectAsync(new PeerAddress(boot.Id, boot.ListenAddresses), Token);
        await Eventually(() => boot.Switch.Store.GetAddresses(peer.Id).Count > 0 && clock.PendingTimers > 0);
        for (int i = 0; i < 4; i++)
        {
            clock.Advance(PeerStore.IdentifiedLifetime - TimeSpan.FromMinutes(1));
            await Eventually(() => boot.Switch.Store.GetAddresses(peer.Id).SequenceEqual(peer.ListenAddresses));
        }

        await peer.DisposeAsync();
        await Eventually(() => boot.OpenConnections == 0);
        clock.Advance(PeerStore.IdentifiedLifetime + TimeSpan.FromMinutes(1));
        Assert.Empty(boot.Switch.Store.GetAddresses(peer.Id));
    }

    [Fact]
    public async Task Bootstrap_connects_and_makes_the_nodes_known_to_each_other()
    {
        await using Libp2pHost c = await Libp2pHost.StartAsync(Options() with { BootstrapPeers = [AddressOfB] });
        await using Libp2pHost d = await Libp2pHost.StartAsync(Options() with { BootstrapPeers = [AddressOfB] });
        await c.BootstrapAsync(Token);
        await d.BootstrapAsync(Token);
        await Eventually(() => _started[1].Kad!.Table.Count == 2);
        Assert.Equal(d.ListenAddresses, await c.FindPeerAsync(d.Id, Token));
        await using Libp2pHost lonely = await Libp2pHost.StartAsync(Options() with { BootstrapPeers = [PeerAddress.Parse("/ip4/127.0.0.1/tcp/1")] });
        await Assert.ThrowsAsync<PeerUnavailableException>(() => lonely.BootstrapAsync(Token));
    }

    [Fact]
    public async Task Inbound_connections_beyond_the_limit_are_refused()
    {
        await using Libp2pHost small = await Libp2pHost.StartAsync(Options() with { MaxConnections = 1 });
        await _started[0].ConnectAsync(new PeerAddress(small.Id, small.ListenAddresses), Token);
        await Assert.ThrowsAsync<PeerUnavailableException>(() => _started[1].ConnectAsync(new PeerAddress(small.Id, small.ListenAddresses), Token));
    }

    [Fact]
    public async Task Idle_connections_above_high_water_are_closed_down_to_low_water_and_busy_ones_stay()
    {
        ManualTimeProvider clock = new(); // of all of them: a certificate made by another clock may not be valid yet
        Libp2pOptions options = Options() with
        {
            ConnectionsHighWater = 3,
            ConnectionsLowWater = 2,
            KadMode = KadMode.Off,
            KeepAliveTimeout = TimeSpan.FromDays(1), // moving the clock is no silence
        };
        await using Libp2pHost hub = await Libp2pHost.StartAsync(options, clock);
        hub.Handle("/echo/1", EchoAsync);
        PeerAddress address = new(hub.Id, hub.ListenAddresses);
        await using Libp2pHost a = await Libp2pHost.StartAsync(options, clock);
        await using Libp2pHost b = await Libp2pHost.StartAsync(options, clock);
        await using Libp2pHost c = await Libp2pHost.StartAsync(options, clock);
        await using Libp2pHost d = await Libp2pHost.StartAsync(options, clock);
        await using PeerStream busy = await a.DialAsync(address, "/echo/1", Token); // the oldest
        await b.ConnectAsync(address, Token);
        await c.ConnectAsync(address, Token);
        await Eventually(() => hub.OpenConnections == 3 && hub.OpenStreams == 1);
        clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(3, hub.OpenConnections); // not above high water

        await d.ConnectAsync(address, Token);
        await Eventually(() => hub.OpenConnections == 2 && b.OpenConnections == 0 && c.OpenConnections == 0);
        await busy.WriteAsync(new byte[5], Token);
        await busy.ReadExactlyAsync(new byte[5], Token);
        Assert.Equal(1, d.OpenConnections);
    }

    [Theory]
    [InlineData("/ip6/::1/tcp/0", "/ip6/::1/tcp/")]
    [InlineData("/ip4/127.0.0.1/tcp/0", "/dns4/localhost/tcp/")]
    [InlineData("/ip4/127.0.0.1/tcp/0", "/dns/localhost/tcp/")]
    [InlineData("/ip4/0.0.0.0/tcp/0", "/ip4/127.0.0.1/tcp/")]
    public async Task IPv6_names_and_all_interfaces_are_listened_on_and_dialled(string listen, string dial)
    {
        if (listen.StartsWith("/ip6", StringComparison.Ordinal) && !System.Net.Sockets.Socket.OSSupportsIPv6)
        {
            return; // nothing to dial on such a machine
        }

        await using Libp2pHost server = await Libp2pHost.StartAsync(Options() with { ListenAddresses = [Multiaddress.Parse(listen)] });
        Assert.True(server.ListenAddresses[0].TryGetTcp(out _, out int port));
        Assert.NotEqual(0, port);
        Assert.DoesNotContain(server.ListenAddresses, a => a.ToString().Contains("0.0.0.0", StringComparison.Ordinal));
        await _started[0].ConnectAsync(new PeerAddress(server.Id, Multiaddress.Parse(dial + port.ToString(System.Globalization.CultureInfo.InvariantCulture))), Token);
    }

    [Fact]
    public async Task All_interfaces_are_listened_on_by_both_protocols_at_one_port()
    {
        Multiaddress any = Multiaddress.Parse("/ip4/0.0.0.0/tcp/0");
        await using Libp2pHost server = await Libp2pHost.StartAsync(Options() with { ListenAddresses = [any], ListensByIPv6Too = true });
        Assert.True(server.ListenAddresses[0].TryGetTcp(out _, out int port));
        string ipv6 = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"/ip6/::1/tcp/{port}");
        if (!System.Net.Sockets.Socket.OSSupportsIPv6 || !server.ListenAddresses.Contains(Multiaddress.Parse(ipv6)))
        {
            Assert.DoesNotContain(server.ListenAddresses, address => address.ToString().StartsWith("/ip6", StringComparison.Ordinal));
            return; // a machine without IPv6, or the port is another's there
        }

        await _started[0].ConnectAsync(new PeerAddress(server.Id, Multiaddress.Parse(ipv6)), Token);
        await _started[0].ConnectAsync(new PeerAddress(server.Id, server.ListenAddresses[0]), Token);
        await using Libp2pHost asked = await Libp2pHost.StartAsync(Options() with { ListenAddresses = [any] });
        Assert.DoesNotContain(asked.ListenAddresses, address => address.ToString().StartsWith("/ip6", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_peer_started_anew_at_the_same_address_is_reached_again()
    {
        PeerIdentity identity = PeerIdentity.Generate();
        Libp2pHost first = await Libp2pHost.StartAsync(Options() with { Identity = identity });
        first.Handle("/echo/1", EchoAsync);
        Multiaddress address = first.ListenAddresses[0];
        await (await A.DialAsync(new PeerAddress(identity.Id, address), "/echo/1", Token)).DisposeAsync();
        await first.DisposeAsync();
        await using Libp2pHost second = await Libp2pHost.StartAsync(Options() with { Identity = identity, ListenAddresses = [address] });
        second.Handle("/echo/1", EchoAsync);
        await (await A.DialAsync(new PeerAddress(identity.Id, address), "/echo/1", Token)).DisposeAsync();
    }

    [Fact]
    public async Task Dialling_oneself_is_refused()
    {
        PeerUnavailableException e = await Assert.ThrowsAsync<PeerUnavailableException>(async () => await A.DialAsync(new PeerAddress(A.Id, A.ListenAddresses), "/echo/1", Token));
        Assert.False(e.IsTransient);
    }

    protected override async Task<IPeerHost> StartAsync()
    {
        _started.Add(await Libp2pHost.StartAsync(Options()));
        return _started[^1];
    }

    private Libp2pOptions Options() => new() { ListenAddresses = [Multiaddress.Parse("/ip4/127.0.0.1/tcp/0")], Security = [security] };
}
