using System.Security.Cryptography;
using Whorl.P2P.Swarm;
using Whorl.Testing;

namespace Whorl.P2P.Tests.Swarm;

public sealed class PeerStoreTests
{
    private readonly ManualTimeProvider _clock = new();

    [Fact]
    public void Addresses_are_forgotten_when_their_time_is_over_and_prolonged_by_hearing_them_again()
    {
        PeerStore store = new(_clock);
        store.AddAddresses(Peer(1), [Address(1).WithPeer(Peer(1)), Address(2)], TimeSpan.FromMinutes(1));
        Assert.Equal([Address(1), Address(2)], store.GetAddresses(Peer(1)));
        _clock.Advance(TimeSpan.FromSeconds(40));
        store.AddAddresses(Peer(1), [Address(2)], TimeSpan.FromMinutes(1));
        _clock.Advance(TimeSpan.FromSeconds(40));
        Assert.Equal([Address(2)], store.GetAddresses(Peer(1)));
    }

    [Fact]
    public void A_shorter_life_does_not_cut_a_longer_one()
    {
        PeerStore store = new(_clock);
        store.AddAddresses(Peer(1), [Address(1)], Timeout.InfiniteTimeSpan);
        store.AddAddresses(Peer(1), [Address(1)], TimeSpan.FromSeconds(1));
        _clock.Advance(TimeSpan.FromDays(1));
        Assert.Equal([Address(1)], store.GetAddresses(Peer(1)));
    }

    [Fact]
    public void Peers_and_addresses_are_bounded_and_permanent_ones_stay()
    {
        PeerStore store = new(_clock);
        store.AddAddresses(Peer(0), [Address(1)], Timeout.InfiniteTimeSpan);
        for (int i = 1; i <= PeerStore.MaxPeers + 10; i++)
        {
            _clock.Advance(TimeSpan.FromMilliseconds(1));
            store.AddAddresses(Peer(i), [Address(i)], TimeSpan.FromHours(1));
        }

        Assert.NotEmpty(store.GetAddresses(Peer(0)));
        Assert.Empty(store.GetAddresses(Peer(1)));
        Assert.NotEmpty(store.GetAddresses(Peer(PeerStore.MaxPeers)));
        store.AddAddresses(Peer(5000), Enumerable.Range(1, 100).Select(Address), TimeSpan.FromHours(1));
        Assert.Equal(PeerStore.MaxAddressesPerPeer, store.GetAddresses(Peer(5000)).Count);
    }

    [Fact]
    public void A_failed_address_rests_longer_with_every_failure_and_is_free_after_a_success()
    {
        DialBackOff backOff = new(_clock);
        Multiaddress address = Address(1);
        foreach (int seconds in new[] { 1, 2, 4, 8, 10, 10 })
        {
            Assert.Null(backOff.ReasonAgainst(address));
            backOff.OnFailure(address, "refused", TimeSpan.FromSeconds(5));
            _clock.Advance(TimeSpan.FromSeconds(seconds - 0.5));
            Assert.Equal("refused", backOff.ReasonAgainst(address));
            _clock.Advance(TimeSpan.FromSeconds(0.5));
        }

        backOff.OnFailure(address, "refused", TimeSpan.FromSeconds(5));
        backOff.OnSuccess(address);
        Assert.Null(backOff.ReasonAgainst(address));
    }

    [Theory]
    [InlineData(1, 200)]
    [InlineData(30, 600)]
    [InlineData(3000, 1000)]
    public void An_address_where_a_failure_costs_little_time_is_tried_again_soon(int tookMilliseconds, int restMilliseconds)
    {
        DialBackOff backOff = new(_clock);
        Multiaddress address = Address(1);
        for (int i = 0; i < (restMilliseconds < 1000 ? 5 : 1); i++)
        {
            backOff.OnFailure(address, "refused", TimeSpan.FromMilliseconds(tookMilliseconds));
            _clock.Advance(TimeSpan.FromMilliseconds(restMilliseconds - 1));
            Assert.NotNull(backOff.ReasonAgainst(address));
            _clock.Advance(TimeSpan.FromMilliseconds(1));
            Assert.Null(backOff.ReasonAgainst(address));
        }
    }

    private static PeerId Peer(int number) => PeerId.FromPublicKey([0x08, 0x01, 0x12, 0x20, .. SHA256.HashData(BitConverter.GetBytes(number))]);

    private static Multiaddress Address(int number) => Multiaddress.Parse(FormattableString.Invariant($"/ip4/10.0.{number / 250}.{number % 250}/tcp/1"));
}
