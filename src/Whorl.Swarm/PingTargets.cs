using Whorl.P2P;

namespace Whorl.Swarm;

/// <summary>Whom a server pings: those to which a session may go on from it.</summary>
public static class PingTargets
{
    /// <summary>The most of each kind.</summary>
    private const int MaxOfEach = 5;

    /// <summary>Draws servers.</summary>
    /// <param name="inside">Servers of the blocks behind the server's first: a session may leave it there.</param>
    /// <param name="next">Servers of the block behind its last.</param>
    /// <param name="self">The server, which is not pinged.</param>
    /// <param name="random">Draws.</param>
    public static IReadOnlyList<PeerId> Choose(
        IEnumerable<IReadOnlyDictionary<PeerId, ServerInfo>> inside, IReadOnlyDictionary<PeerId, ServerInfo>? next, PeerId self, Random random) =>
        [.. Sample(inside.SelectMany(b => b), self, random).Union(Sample(next ?? new Dictionary<PeerId, ServerInfo>(), self, random))];

    private static IEnumerable<PeerId> Sample(IEnumerable<KeyValuePair<PeerId, ServerInfo>> servers, PeerId self, Random random)
    {
        PeerId[] peers = [.. servers.Where(s => s.Value.State == ServerState.Online && s.Key != self).Select(s => s.Key).Distinct().OrderBy(p => p.ToString(), StringComparer.Ordinal)];
        random.Shuffle(peers);
        return peers.Take(MaxOfEach);
    }
}
