using Whorl.Models;
using Whorl.P2P;

namespace Whorl.Swarm;

/// <summary>Who may take the sessions of a server that leaves.</summary>
public static class Successors
{
    /// <summary>Servers that are online and hold all of some blocks, the one with most throughput first.</summary>
    /// <param name="servers">Who is there.</param>
    /// <param name="range">The blocks.</param>
    /// <param name="leaving">Who leaves, and is none of them.</param>
    public static IReadOnlyList<PeerId> Of(IEnumerable<BlockServer> servers, BlockRange range, PeerId leaving) =>
    [
        .. servers
            .Where(s => s.Info.State == ServerState.Online && !s.Peer.Equals(leaving) && s.Range.First <= range.First && range.Last <= s.Range.Last)
            .OrderByDescending(s => s.Info.Throughput).ThenBy(s => s.Peer.ToString(), StringComparer.Ordinal)
            .Select(s => s.Peer).Distinct(),
    ];
}
