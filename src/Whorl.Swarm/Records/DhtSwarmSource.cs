using Whorl.Dht;
using Whorl.P2P;

namespace Whorl.Swarm;

/// <summary>A model's servers, as the DHT tells of them.</summary>
/// <param name="node">Asks the DHT, and pings.</param>
/// <param name="prefix">The model's prefix in the swarm.</param>
/// <param name="blocks">Number of the model's blocks.</param>
public sealed class DhtSwarmSource(DhtNode node, string prefix, int blocks) : ISwarmSource
{
    private readonly SwarmDirectory _directory = new(node);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<BlockServer>> LookAsync(CancellationToken cancellationToken) =>
        BlockServer.Of(await _directory.FindServersAsync(prefix, [.. Enumerable.Range(0, blocks)], latest: true, cancellationToken).ConfigureAwait(false));

    /// <inheritdoc/>
    public Task<TimeSpan?> PingAsync(PeerId peer, TimeSpan timeout, CancellationToken cancellationToken) => node.PingAsync(peer, timeout, cancellationToken);
}
