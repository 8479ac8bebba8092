using Whorl.Client.Recovery;
using Whorl.Client.Routing;
using Whorl.Models;
using Whorl.P2P;
using Whorl.Protocol.Rpc;
using Whorl.Swarm;

namespace Whorl.Client.Petals;

/// <summary>A model in a Petals swarm, of which the DHT alone tells the servers.</summary>
/// <param name="view">Who is there.</param>
/// <param name="rpc">Calls the servers, by their peer ids.</param>
/// <param name="options">How servers are called.</param>
public sealed class PetalsSwarm(SwarmView view, RpcClient rpc, PetalsClientOptions options)
{
    /// <summary>The blocks for inference: every session goes through the servers that are fastest then.</summary>
    /// <inheritdoc cref="SwarmSpan.FindAsync"/>
    public Task<SwarmSpan> FindSpanAsync(CancellationToken cancellationToken, RecoveryOptions? recovery = null) =>
        SwarmSpan.FindAsync(view, async (server, token) => await ConnectAsync(server, token), cancellationToken, recovery);

    /// <summary>Passes hidden states through blocks, without a session: through servers drawn so that clients share them.</summary>
    /// <param name="hidden"><c>[batch, rows, boundary]</c>.</param>
    /// <param name="batch">Sequences, at least 1.</param>
    /// <param name="range">Which blocks.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>What leaves the last block, <c>[batch, rows, boundary]</c>.</returns>
    /// <exception cref="NoRouteException">A block is held by nobody who answers.</exception>
    public async Task<float[]> ForwardAsync(ReadOnlyMemory<float> hidden, int batch, BlockRange range, CancellationToken cancellationToken)
    {
        Dictionary<PeerId, string> failed = [];
        float[] current = hidden.ToArray();
        for (int block = range.First; block <= range.Last;)
        {
            RouteHop hop = (await view.DrawAsync(new BlockRange(block, range.Last), failed, cancellationToken))[0];
            PeerId peer = hop.Server.Peer;
            try
            {
                PetalsSpan span = await ConnectAsync(hop.Server, cancellationToken);
                current = await span.ForwardAsync(current, batch, hop.Range, cancellationToken);
            }
            catch (Exception e) when (Failures.IsOfServer(e))
            {
                view.Failed(peer);
                failed[peer] = SwarmSpan.Reason(peer, e);
                await view.LookAroundAsync(range, failed, cancellationToken);
                continue;
            }

            view.Succeeded(peer);
            block = hop.Range.Last + 1;
        }

        return current;
    }

    private Task<PetalsSpan> ConnectAsync(BlockServer server, CancellationToken cancellationToken) =>
        PetalsSpan.ConnectAsync(rpc, server.Peer, view.Prefix, server.Range, options, cancellationToken);
}
