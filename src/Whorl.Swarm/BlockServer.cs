using Whorl.Models;
using Whorl.P2P;

namespace Whorl.Swarm;

/// <summary>A run of blocks that a server announces.</summary>
/// <param name="Peer">The server.</param>
/// <param name="Range">The blocks.</param>
/// <param name="Info">What it says of itself.</param>
public sealed record BlockServer(PeerId Peer, BlockRange Range, ServerInfo Info)
{
    /// <summary>Reads announcements, block by block from 0: of each server that is online, its runs of consecutive blocks.</summary>
    /// <remarks>Servers of 2.2.0 do not say where their blocks begin and end; so it is read from the blocks under which they stand.</remarks>
    /// <returns>In the order of the peer ids' texts, then of the blocks: the order in which routes choose among equals.</returns>
    public static IReadOnlyList<BlockServer> Of(IReadOnlyList<IReadOnlyDictionary<PeerId, ServerInfo>> blocks)
    {
        List<BlockServer> done = [];
        Dictionary<PeerId, BlockServer> open = [];
        for (int block = 0; block < blocks.Count; block++)
        {
            Dictionary<PeerId, BlockServer> here = [];
            foreach ((PeerId peer, ServerInfo info) in blocks[block])
            {
                if (info.State == ServerState.Online)
                {
                    int first = open.TryGetValue(peer, out BlockServer? run) ? run.Range.First : block;
                    here[peer] = new BlockServer(peer, new BlockRange(first, block), info);
                }
            }

            done.AddRange(open.Where(o => !here.ContainsKey(o.Key)).Select(o => o.Value));
            open = here;
        }

        done.AddRange(open.Values);
        return [.. done.OrderBy(s => s.Peer.ToString(), StringComparer.Ordinal).ThenBy(s => s.Range.First)];
    }

    /// <summary>Whether it holds a block.</summary>
    public bool Holds(int block) => Range.First <= block && block <= Range.Last;
}
