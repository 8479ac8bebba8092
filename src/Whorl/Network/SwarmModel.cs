using Whorl.Models;
using Whorl.P2P;
using Whorl.Swarm;

namespace Whorl;

/// <summary>A model that a swarm serves, or would if no block were missing.</summary>
/// <param name="Prefix">What it is called there.</param>
/// <param name="Info">What its servers say of it.</param>
/// <param name="Servers">Who holds blocks of it, or said so a while ago; by their first blocks.</param>
internal sealed record SwarmModel(string Prefix, ModelInfo Info, IReadOnlyList<SwarmServer> Servers)
{
    private const int MaxBlocks = 4096; // anybody may announce a model

    /// <summary>The blocks that nobody who answers holds.</summary>
    public IReadOnlyList<BlockRange> Missing => Runs(held => held == 0);

    /// <summary>The blocks that one server alone holds.</summary>
    public IReadOnlyList<BlockRange> HeldOnce => Runs(held => held == 1);

    /// <summary>Finds the models of a swarm and asks each of their servers whether it is there.</summary>
    public static async Task<IReadOnlyList<SwarmModel>> FindAllAsync(Network network, CancellationToken cancellationToken)
    {
        SwarmDirectory directory = await network.JoinAsync(cancellationToken);
        List<SwarmModel> models = [];
        foreach ((string prefix, ModelInfo info) in (await directory.FindModelsAsync(cancellationToken)).OrderBy(model => model.Key, StringComparer.Ordinal))
        {
            int[] blocks = [.. Enumerable.Range(0, Math.Min(info.NumBlocks, MaxBlocks))];
            SwarmServer[] servers = await Task.WhenAll((await directory.FindAnnouncementsAsync(prefix, blocks, cancellationToken))
                .Select(found => AskAsync(network, found.Key, found.Value, cancellationToken)));
            models.Add(new SwarmModel(prefix, info, [.. servers
                .OrderBy(server => server.Info.StartBlock ?? 0).ThenBy(server => server.Info.EndBlock ?? 0).ThenBy(server => server.Peer.ToString(), StringComparer.Ordinal)]));
        }

        return models;
    }

    /// <summary>Pings a server, the announced state aside: one that was killed could not say so.</summary>
    private static async Task<SwarmServer> AskAsync(Network network, PeerId peer, ServerAnnouncement announced, CancellationToken cancellationToken)
    {
        TimeSpan validity = TimeSpan.FromSeconds(Math.Clamp(announced.Expiration - network.Dht!.Now, 0, TimeSpan.MaxValue.TotalSeconds / 2));
        if (announced.Info.State == ServerState.Offline)
        {
            return new SwarmServer(peer, announced.Info, validity, null, "it has left");
        }

        try
        {
            return new SwarmServer(peer, announced.Info, validity, await network.Host.PingAsync(peer, cancellationToken), null);
        }
        catch (IOException e)
        {
            return new SwarmServer(peer, announced.Info, validity, null, PeerText.Clean(e.Message));
        }
    }

    private List<BlockRange> Runs(Predicate<int> fits)
    {
        int[] held = new int[Math.Min(Info.NumBlocks, MaxBlocks)];
        foreach (BlockRange range in Servers.Where(server => server.IsOnline).Select(server => server.Range).OfType<BlockRange>())
        {
            for (int block = range.First; block <= Math.Min(range.Last, held.Length - 1); block++)
            {
                held[block]++;
            }
        }

        List<BlockRange> runs = [];
        for (int first = 0; first < held.Length; first++)
        {
            if (fits(held[first]))
            {
                int last = first;
                while (last + 1 < held.Length && fits(held[last + 1]))
                {
                    last++;
                }

                runs.Add(new BlockRange(first, last));
                first = last;
            }
        }

        return runs;
    }
}
