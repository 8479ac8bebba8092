using Whorl.Dht.Records;
using Whorl.Models;
using Whorl.P2P.Rpc;

namespace Whorl.Client.Petals;

/// <summary>Finds the servers of a model in a Petals swarm by the DHT alone.</summary>
public static class PetalsSwarm
{
    /// <summary>Finds servers that together hold all blocks of a model, as few as can be.</summary>
    /// <param name="directory">Who announces what.</param>
    /// <param name="rpc">Calls the servers, by their peer ids.</param>
    /// <param name="prefix">The model's prefix in the swarm.</param>
    /// <param name="blocks">Number of the model's blocks.</param>
    /// <param name="options">How servers are called.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="NoRouteException">A block is held by nobody who answers; the message says which, and why not those that do not.</exception>
    public static async Task<SpanChain> FindChainAsync(
        SwarmDirectory directory, RpcClient rpc, string prefix, int blocks, PetalsClientOptions options, CancellationToken cancellationToken)
    {
        List<PetalsHolder> holders = PetalsHolder.Of(
            await directory.FindServersAsync(prefix, [.. Enumerable.Range(0, blocks)], latest: true, cancellationToken));
        List<IBlockSpan> links = [];
        List<string> refused = [];
        for (int block = 0; block < blocks; block = links[^1].Range.Last + 1)
        {
            links.Add(await NextAsync(block));
        }

        return SpanChain.Cover(links, new BlockRange(0, blocks - 1));

        async Task<PetalsSpan> NextAsync(int block)
        {
            foreach (PetalsHolder holder in PetalsHolder.InOrder(holders, block).ToArray())
            {
                try
                {
                    return await PetalsSpan.ConnectAsync(rpc, holder.Peer, prefix, new BlockRange(block, holder.Range.Last), options, cancellationToken);
                }
                catch (Exception e) when (e is IOException or TimeoutException or SpanRefusedException or FormatException)
                {
                    holders.Remove(holder);
                    refused.Add($"{holder.Peer}: {e.Message}");
                }
            }

            string others = refused.Count > 0 ? "; not reached: " + string.Join("; ", refused) : "";
            throw new NoRouteException($"no server of '{prefix}' holds block {block}{others}");
        }
    }
}
