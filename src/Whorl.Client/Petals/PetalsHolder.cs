using Whorl.Dht.Records;
using Whorl.Models;
using Whorl.P2P;

namespace Whorl.Client.Petals;

/// <summary>A run of blocks that a server announces.</summary>
/// <param name="Peer">The server.</param>
/// <param name="Range">The blocks.</param>
/// <param name="Throughput">Tokens a second that it adds to each.</param>
internal sealed record PetalsHolder(PeerId Peer, BlockRange Range, double Throughput)
{
    /// <summary>Reads announcements, block by block from 0: of each server that is online, its runs of consecutive blocks.</summary>
    /// <remarks>Servers of 2.2.0 do not say where their blocks begin and end; so it is read from the blocks under which they stand.</remarks>
    public static List<PetalsHolder> Of(IReadOnlyList<IReadOnlyDictionary<PeerId, ServerInfo>> blocks)
    {
        List<PetalsHolder> done = [];
        Dictionary<PeerId, PetalsHolder> open = [];
        for (int block = 0; block < blocks.Count; block++)
        {
            Dictionary<PeerId, PetalsHolder> here = [];
            foreach ((PeerId peer, ServerInfo info) in blocks[block])
            {
                if (info.State == ServerState.Online)
                {
                    int first = open.TryGetValue(peer, out PetalsHolder? run) ? run.Range.First : block;
                    here[peer] = new PetalsHolder(peer, new BlockRange(first, block), info.Throughput);
                }
            }

            done.AddRange(open.Where(o => !here.ContainsKey(o.Key)).Select(o => o.Value));
            open = here;
        }

        done.AddRange(open.Values);
        return done;
    }

    /// <summary>Those that hold a block, the one that reaches furthest first; of equals the one with more throughput.</summary>
    public static IEnumerable<PetalsHolder> InOrder(IEnumerable<PetalsHolder> holders, int block) => holders
        .Where(h => h.Range.First <= block && block <= h.Range.Last)
        .OrderByDescending(h => h.Range.Last)
        .ThenByDescending(h => h.Throughput)
        .ThenBy(h => h.Peer.ToString(), StringComparer.Ordinal);
}
