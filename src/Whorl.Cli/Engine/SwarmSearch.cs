using Whorl.Client;
using Whorl.Dht.Records;
using Whorl.Models;
using Whorl.P2P;

namespace Whorl.Cli.Engine;

/// <summary>Finds servers of a model by the DHT alone.</summary>
internal static class SwarmSearch
{
    /// <summary>
    /// What a model is called in the DHT where nothing else is said: the last part of its name on the hub or of its path, with the
    /// characters a key may have.
    /// </summary>
    public static string DefaultPrefix(string model) =>
        Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(model))).Replace('.', '-').Replace(' ', '-');

    /// <summary>Servers that are online, each with the blocks it announces.</summary>
    public static async Task<IReadOnlyDictionary<PeerId, ServerInfo>> ServersAsync(SwarmDirectory directory, string prefix, int blocks, CancellationToken cancellationToken)
    {
        Dictionary<PeerId, ServerInfo> servers = [];
        foreach (IReadOnlyDictionary<PeerId, ServerInfo> holders in await directory.FindServersAsync(prefix, [.. Enumerable.Range(0, blocks)], latest: true, cancellationToken))
        {
            foreach ((PeerId peer, ServerInfo info) in holders)
            {
                servers[peer] = info;
            }
        }

        return servers;
    }

    /// <summary>The servers that answer and would compute what this process would.</summary>
    /// <exception cref="NoRouteException">None does; the message says of each why not.</exception>
    public static async Task<List<IBlockSpan>> SpansAsync(
        Network network, SwarmDirectory directory, string prefix, SpanContract wanted, int blocks, CancellationToken cancellationToken)
    {
        List<IBlockSpan> spans = [];
        List<string> refused = [];
        foreach ((PeerId peer, ServerInfo info) in await ServersAsync(directory, prefix, blocks, cancellationToken))
        {
            if (info.State != ServerState.Online)
            {
                continue;
            }

            try
            {
                RemoteSpan span = await RemoteSpan.ConnectAsync(network.Host, peer, peer.ToString(), TimeProvider.System, cancellationToken);
                if (span.Contract == wanted)
                {
                    spans.Add(span);
                }
                else
                {
                    refused.Add($"{peer} holds other files, or computes with other --activations");
                }
            }
            catch (IOException e)
            {
                refused.Add($"{peer}: {e.Message}");
            }
        }

        return spans.Count > 0
            ? spans
            : throw new NoRouteException($"the swarm has no server for '{prefix}' that can be used{(refused.Count > 0 ? ": " + string.Join("; ", refused) : "")}");
    }
}
