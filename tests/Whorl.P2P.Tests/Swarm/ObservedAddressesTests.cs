using System.Net;
using Whorl.P2P.Muxers.Yamux;
using Whorl.P2P.Swarm;
using Whorl.Testing;

namespace Whorl.P2P.Tests.Swarm;

/// <summary>When what others see becomes what this node announces.</summary>
public sealed class ObservedAddressesTests : IAsyncLifetime
{
    private const int ListeningPort = 4001;

    private static readonly Multiaddress Mapped = Multiaddress.Parse("/ip4/203.0.113.9/tcp/4001");
    private static readonly IPEndPoint[] Listening = [new(IPAddress.Any, ListeningPort)];

    private readonly ManualTimeProvider _clock = new();
    private readonly List<Duplex> _wires = [];
    private readonly List<YamuxSession> _sessions = [];
    private ObservedAddresses _observed = null!;

    public Task InitializeAsync()
    {
        _observed = new ObservedAddresses(_clock);
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        foreach (YamuxSession session in _sessions)
        {
            await session.DisposeAsync();
        }

        foreach (Duplex wire in _wires)
        {
            await wire.DisposeAsync();
        }
    }

    [Fact]
    public async Task An_address_is_believed_when_the_fourth_observer_has_seen_it()
    {
        for (int i = 1; i < ObservedAddresses.Threshold; i++)
        {
            Assert.False(_observed.Observe(await ConnectAsync($"/ip4/198.51.100.{i}/tcp/9"), Mapped, Listening));
            Assert.Equal([Mapped], _observed.Candidates);
            Assert.Empty(_observed.Believed);
        }

        Assert.True(_observed.Observe(await ConnectAsync("/ip4/198.51.100.4/tcp/9"), Mapped, Listening));
        Assert.Equal([Mapped], _observed.Believed);
        Assert.False(_observed.Observe(await ConnectAsync("/ip4/198.51.100.5/tcp/9"), Mapped, Listening)); // nothing new
    }

    [Theory]
    [InlineData("/ip4/198.51.100.1/tcp/{0}")]
    [InlineData("/ip6/2001:db8:1:2{0}::1/tcp/9")] // one network of 56 bits
    public async Task Many_peers_at_one_place_are_one_observer(string place)
    {
        for (int i = 0; i < 9; i++)
        {
            _observed.Observe(await ConnectAsync(string.Format(System.Globalization.CultureInfo.InvariantCulture, place, i)), Mapped, Listening);
        }

        Assert.Empty(_observed.Believed);
    }

    [Theory]
    [InlineData("/ip4/203.0.113.9/tcp/4001", 40000, false, "a connection from a port that is not listened on")]
    [InlineData("/ip4/203.0.113.9/tcp/4001", ListeningPort, true, "a relayed connection")]
    [InlineData("/ip4/192.168.1.9/tcp/4001", ListeningPort, false, "a private address")]
    [InlineData("/ip4/127.0.0.1/tcp/4001", ListeningPort, false, "an address of this machine")]
    [InlineData("/dns4/example.org/tcp/4001", ListeningPort, false, "a name")]
    [InlineData("/ip4/203.0.113.9/udp/4001", ListeningPort, false, "another transport")]
    public async Task What_is_seen_of_something_else_does_not_count(string seen, int localPort, bool isRelayed, string why)
    {
        for (int i = 1; i <= ObservedAddresses.Threshold; i++)
        {
            _observed.Observe(await ConnectAsync($"/ip4/198.51.100.{i}/tcp/9", localPort, isRelayed), Multiaddress.Parse(seen), Listening);
        }

        Assert.True(_observed.Candidates.Count == 0, why);
    }

    [Fact]
    public async Task A_peer_that_sees_another_address_takes_its_word_back()
    {
        Connection[] connections = await ObserveByAsync(ObservedAddresses.Threshold);
        Assert.True(_observed.Observe(connections[0], Multiaddress.Parse("/ip4/203.0.113.9/tcp/5555"), Listening));
        Assert.Empty(_observed.Believed);
        Assert.Equal(Mapped, _observed.Candidates[0]);
        Assert.Equal(2, _observed.Candidates.Count);
    }

    [Fact]
    public async Task An_observation_outlives_its_connection_by_half_an_hour()
    {
        Connection[] connections = await ObserveByAsync(ObservedAddresses.Threshold);
        _clock.Advance(TimeSpan.FromDays(1));
        Assert.Equal([Mapped], _observed.Believed); // open connections say so still
        _observed.Close(connections[0]);
        _clock.Advance(ObservedAddresses.Lifetime - TimeSpan.FromSeconds(1));
        Assert.Equal([Mapped], _observed.Believed);
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Empty(_observed.Believed);
        Assert.Equal([Mapped], _observed.Candidates);
    }

    [Fact]
    public async Task A_dial_back_makes_one_observation_enough_for_as_long_as_it_is_seen()
    {
        Connection[] connections = await ObserveByAsync(1);
        Assert.True(_observed.OnDialled(Mapped));
        Assert.Equal([Mapped], _observed.Believed);
        _clock.Advance(TimeSpan.FromHours(2));
        Assert.Equal([Mapped], _observed.Believed);
        _observed.Close(connections[0]);
        Assert.Empty(_observed.Believed);
        Assert.False(_observed.OnDialled(Multiaddress.Parse("/ip4/127.0.0.1/tcp/1")));
    }

    [Fact]
    public async Task Liars_cannot_crowd_out_what_more_observers_have_seen()
    {
        for (int lie = 0; lie < 6; lie++)
        {
            await ObserveByAsync(ObservedAddresses.Threshold, $"/ip4/203.0.113.{100 + lie}/tcp/1");
        }

        await ObserveByAsync(ObservedAddresses.Threshold + 1);
        Assert.Equal(ObservedAddresses.MaxBelieved, _observed.Believed.Count);
        Assert.Equal(Mapped, _observed.Believed[0]);
        Assert.InRange(_observed.Candidates.Count, 1, ObservedAddresses.MaxCandidates);
    }

    [Fact]
    public async Task A_connection_that_has_ended_already_is_not_remembered()
    {
        Connection connection = await ConnectAsync("/ip4/198.51.100.1/tcp/9");
        await connection.Session.DisposeAsync();
        _observed.Observe(connection, Mapped, Listening);
        Assert.Empty(_observed.Candidates);
    }

    private async Task<Connection[]> ObserveByAsync(int observers, string? seen = null)
    {
        List<Connection> connections = [];
        for (int i = 1; i <= observers; i++)
        {
            connections.Add(await ConnectAsync($"/ip4/198.51.100.{i}/tcp/9"));
            _observed.Observe(connections[^1], seen is null ? Mapped : Multiaddress.Parse(seen), Listening);
        }

        return [.. connections];
    }

    private async Task<Connection> ConnectAsync(string from, int localPort = ListeningPort, bool isRelayed = false)
    {
        _wires.Add(await Duplex.CreateAsync());
        Connection connection = new(
            PeerIdentity.Generate().PublicKey, Multiaddress.Parse(from), new IPEndPoint(IPAddress.Parse("10.0.0.2"), localPort), isDialer: true, isRelayed, _clock);
        connection.Session = new YamuxSession(_wires[^1].Near, true, connection.RemotePeer, new YamuxOptions(), _clock, _ => { });
        _sessions.Add(connection.Session);
        return connection;
    }
}
