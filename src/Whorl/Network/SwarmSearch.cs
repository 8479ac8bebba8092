using System.Collections.Concurrent;
using Whorl.Client;
using Whorl.Client.Petals;
using Whorl.Client.Recovery;
using Whorl.Client.Routing;
using Whorl.Models;
using Whorl.P2P;
using Whorl.Protocol;
using Whorl.Protocol.Rpc;
using Whorl.Swarm;

namespace Whorl;

/// <summary>Finds servers of a model by the DHT alone.</summary>
internal static class SwarmSearch
{
    /// <summary>
    /// What a model is called in the DHT where nothing else is said: the last part of its path or of its name on the hub, for whose models
    /// Petals' clients know names by family.
    /// </summary>
    /// <param name="model">The model.</param>
    /// <param name="family">Its family.</param>
    public static string DefaultPrefix(LocatedModel model, ModelFamily family)
    {
        string prefix = model.IsOnHub
            ? family.NameInSwarm(model.Name)
            : Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(model.Name)));
        return prefix.Replace('.', '-').Replace(' ', '-'); // which no key may have
    }

    /// <summary>
    /// All blocks of a model, on the fastest servers: Whorl's that would compute what this process would, and those that only speak Petals'
    /// protocol, which does not tell what exactly they compute.
    /// </summary>
    /// <exception cref="NoRouteException">Some block is held by nobody who answers; the message says which, and why not those that do not.</exception>
    public static async Task<IBlockSpan> FindAsync(
        Network network,
        string prefix,
        SpanContract wanted,
        int blocks,
        RecoveryOptions recovery,
        Action<ModelWarning>? warn,
        CancellationToken cancellationToken)
    {
        await network.JoinAsync(cancellationToken);
        SwarmView view = new(new DhtSwarmSource(network.Dht!, prefix, blocks), prefix, blocks, TimeProvider.System, new Random());
        RpcClient rpc = new(network.Host, TimeProvider.System);
        ConcurrentDictionary<PeerId, bool> warnedOf = new(); // several servers are connected to at once
        return await SwarmSpan.FindAsync(view, ConnectAsync, cancellationToken, recovery);

        async Task<IBlockSpan> ConnectAsync(BlockServer server, CancellationToken token)
        {
            try
            {
                RemoteSpan span = await RemoteSpan.ConnectAsync(network.Host, server.Peer, server.Peer.ToString(), TimeProvider.System, token);
                return wanted.Disagreement(span.Contract) is { } difference
                    ? throw new SpanRefusedException(
                        span.Name, span.Range, SpanFailureCode.BadRequest, $"it holds other files, or computes otherwise: '{difference.Other}' where this has '{difference.Own}'")
                    : span;
            }
            catch (ProtocolNotSupportedException)
            {
                PetalsSpan span = await PetalsSpan.ConnectAsync(rpc, server.Peer, prefix, server.Range, new PetalsClientOptions(), token);
                if (warnedOf.TryAdd(server.Peer, true))
                {
                    warn?.Invoke(new ModelWarning(
                        ModelWarningKind.Server, $"blocks {server.Range} are computed by a Petals server, {server.Peer}: not the same bytes as here"));
                }

                return span;
            }
        }
    }
}
