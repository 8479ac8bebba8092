using Whorl.Dht.Protocol;
using Whorl.P2P;
using Whorl.Testing;

namespace Whorl.Dht.Tests;

/// <summary>Joining, and coming back.</summary>
public sealed class JoinTests
{
    [Fact]
    public async Task An_initial_peer_that_hangs_costs_nothing_beside_one_that_answers()
    {
        await using Swarm swarm = await Swarm.StartAsync(seed: 1, count: 2);
        await using IPeerHost hung = swarm.Network.AddHost();
        hung.Handle(DhtProtocol.PingMethod, async (_, token) => await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, token));
        await using IPeerHost host = swarm.Network.AddHost();

        Task<DhtNode> joining = JoinAsync(host, swarm.Clock, hung.Id, swarm[0].PeerId);
        await TestLimits.EventuallyAsync(() => joining.IsCompleted || swarm.Clock.HasTimerIn(TimeSpan.FromMilliseconds(200)));
        swarm.Clock.Advance(TimeSpan.FromMilliseconds(200)); // the others' courtesy, far from the time-out of a call

        await using DhtNode node = await joining;
        Assert.Contains(node.Neighbours, neighbour => neighbour.Peer == swarm[1].PeerId);
    }

    [Fact]
    public async Task Every_initial_peer_that_does_not_answer_is_named_with_its_own_reason()
    {
        InMemoryNetwork network = new();
        await using IPeerHost host = network.AddHost();
        await using IPeerHost bare = network.AddHost();
        PeerId nobody = PeerIdentity.Generate().Id;

        DhtBootstrapException error = await Assert.ThrowsAsync<DhtBootstrapException>(() => JoinAsync(host, new ManualTimeProvider(), nobody, bare.Id));

        Assert.Contains($"no host on this in-memory network is {nobody}", error.Message, StringComparison.Ordinal);
        Assert.Contains("does not speak", error.Message, StringComparison.Ordinal);
        Assert.Contains("none of 2 initial peers", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_identity_that_is_in_the_swarm_already_is_told_so()
    {
        await using Swarm swarm = await Swarm.StartAsync(seed: 2, count: 1);
        PeerIdentity identity = PeerIdentity.Generate();
        await using IPeerHost first = swarm.Network.AddHost(identity);
        await using DhtNode node = await JoinAsync(first, swarm.Clock, swarm[0].PeerId);
        InMemoryNetwork elsewhere = new();
        await using IPeerHost second = new SecondHost(elsewhere.AddHost(identity), first);

        DhtBootstrapException error = await Assert.ThrowsAsync<DhtBootstrapException>(() => JoinAsync(second, swarm.Clock, swarm[0].PeerId));

        Assert.Contains("is in the swarm already", error.Message, StringComparison.Ordinal);
        Assert.Contains(identity.Id.ToString(), error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_node_that_comes_back_is_asked_again_and_those_who_joined_through_it_are_told()
    {
        InMemoryNetwork network = new();
        ManualTimeProvider clock = new();
        PeerIdentity identity = PeerIdentity.Generate();
        IPeerHost bootHost = network.AddHost(identity);
        DhtNode boot = await JoinAsync(bootHost, clock);
        await using IPeerHost host = network.AddHost();
        await using DhtNode server = await JoinAsync(host, clock, identity.Id);
        int rejoined = 0;
        server.Rejoined += () => Interlocked.Increment(ref rejoined);

        network.Kill(identity.Id);
        await boot.DisposeAsync();
        await bootHost.DisposeAsync();
        await server.StoreAsync("key", Swarm.Pack("value"), server.Now + 1000, null, TestLimits.Token()); // notices
        clock.Advance(TimeSpan.FromSeconds(150));
        await TestLimits.EventuallyAsync(() => server.BackgroundTaskCount == 0);
        Assert.Empty(server.Neighbours);

        IPeerHost again = network.AddHost(identity);
        await using DhtNode back = await DhtNode.StartAsync(again, new DhtOptions(), [], clock, new Random(7), null, TestLimits.Token());
        clock.Advance(TimeSpan.FromSeconds(31));
        await TestLimits.EventuallyAsync(() => Volatile.Read(ref rejoined) > 0);
        Assert.Contains(server.Neighbours, neighbour => neighbour.Peer == identity.Id);
        await again.DisposeAsync();
    }

    [Fact]
    public async Task A_clock_that_is_set_changes_nothing_in_the_swarm()
    {
        await using Swarm swarm = await Swarm.StartAsync(seed: 3, count: 2);
        double before = swarm[0].Now;
        swarm.Clock.SetWallClock(TimeSpan.FromHours(-1));
        await swarm.PassAsync(TimeSpan.FromSeconds(5));
        Assert.Equal(before + 5, swarm[0].Now, 3);
        swarm.Clock.SetWallClock(TimeSpan.FromHours(3));
        Assert.Equal(before + 5, swarm[0].Now, 3);
    }

    [Fact]
    public void A_clock_that_was_wrong_or_slept_follows_the_node_it_joined_through_or_several_others()
    {
        ManualTimeProvider time = new();
        SwarmClock clock = new(time, TimeSpan.FromSeconds(3));
        double start = clock.Now;
        Assert.False(clock.Notice("stranger", start + 3600, TimeSpan.Zero, isTrusted: false));
        Assert.False(clock.Notice("stranger", start + 3600, TimeSpan.Zero, isTrusted: false));
        Assert.Equal(start, clock.Now, 3);
        Assert.False(clock.Notice("another", start + 3601, TimeSpan.Zero, isTrusted: false));
        Assert.True(clock.Notice("third", start + 3600, TimeSpan.Zero, isTrusted: false));
        Assert.Equal(start + 3600, clock.Now, 3);
        Assert.True(clock.Notice("bootstrap", start, TimeSpan.FromSeconds(2), isTrusted: true));
        Assert.Equal(start + 1, clock.Now, 3);
        Assert.False(clock.Notice("bootstrap", double.NaN, TimeSpan.Zero, isTrusted: true));
        Assert.False(clock.Notice("bootstrap", start + 2, TimeSpan.Zero, isTrusted: true)); // as good as the same
        Assert.Equal(start + 1, clock.Now, 3);
    }

    private static Task<DhtNode> JoinAsync(IPeerHost host, TimeProvider clock, params PeerId[] initial) => DhtNode.StartAsync(
        host, new DhtOptions(), [.. initial.Select(PeerAddress.FromPeerId)], clock, Random.Shared, logger: null, TestLimits.Token());

    /// <summary>A second process with an identity that is taken: it dials as the first, and whoever dials that identity reaches the first.</summary>
    private sealed class SecondHost(IPeerHost own, IPeerHost first) : IPeerHost
    {
        public PeerId Id => own.Id;

        public IReadOnlyList<Multiaddress> ListenAddresses => own.ListenAddresses;

        public ValueTask<PeerStream> DialAsync(PeerAddress peer, string protocolId, CancellationToken cancellationToken) =>
            first.DialAsync(peer, protocolId, cancellationToken);

        public void Handle(string protocolId, Func<PeerStream, CancellationToken, Task> handler) => own.Handle(protocolId, handler);

        public bool Unhandle(string protocolId) => own.Unhandle(protocolId);

        public ValueTask DisposeAsync() => own.DisposeAsync();
    }
}
