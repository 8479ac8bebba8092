using Whorl.P2P;

namespace Whorl.Swarm.Tests;

public class PingTargetsTests
{
    [Fact]
    public void Whom_to_ping_is_at_most_five_of_a_kind_online_and_never_oneself()
    {
        InMemoryNetwork network = new();
        PeerId[] peers = [.. Enumerable.Range(0, 9).Select(_ => network.AddHost().Id)];
        Dictionary<PeerId, ServerInfo> all = peers.ToDictionary(p => p, p => new ServerInfo { State = p == peers[1] ? ServerState.Joining : ServerState.Online, Throughput = 1 });
        IReadOnlyList<PeerId> chosen = PingTargets.Choose([all, all], all, peers[0], new Random(1));
        Assert.InRange(chosen.Count, 5, 10);
        Assert.Equal(chosen.Count, chosen.Distinct().Count());
        Assert.DoesNotContain(peers[0], chosen);
        Assert.DoesNotContain(peers[1], chosen);
        Assert.Equal(5, PingTargets.Choose([all], null, peers[0], new Random(1)).Count);
    }
}
