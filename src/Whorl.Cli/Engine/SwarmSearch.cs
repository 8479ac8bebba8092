using Whorl.Client;
using Whorl.Client.Routing;
using Whorl.Dht.Records;
using Whorl.Models;
using Whorl.P2P;
using Whorl.Protocol;

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

    /// <summary>All blocks of a model, on the fastest servers that would compute what this process would.</summary>
    /// <exception cref="NoRouteException">Some block is held by nobody who answers; the message says which, and why not those that do not.</exception>
    public static async Task<IBlockSpan> FindAsync(Network network, string prefix, SpanContract wanted, int blocks, CancellationToken cancellationToken)
    {
        await network.JoinAsync(cancellationToken);
        SwarmView view = new(network.Dht!, prefix, blocks, TimeProvider.System, new Random());
        return await SwarmSpan.FindAsync(view, ConnectAsync, cancellationToken);

        async Task<IBlockSpan> ConnectAsync(BlockServer server, CancellationToken token)
        {
            RemoteSpan span = await RemoteSpan.ConnectAsync(network.Host, server.Peer, server.Peer.ToString(), TimeProvider.System, token);
            return span.Contract == wanted
                ? span
                : throw new SpanRefusedException(span.Name, span.Range, SpanFailureCode.BadRequest, "it holds other files, or computes with other --activations");
        }
    }
}
