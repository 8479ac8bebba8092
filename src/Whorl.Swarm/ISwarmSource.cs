using Whorl.P2P;

namespace Whorl.Swarm;

/// <summary>Looks at a model's servers: in the DHT, or in a simulation.</summary>
public interface ISwarmSource
{
    /// <summary>Who announces which blocks now.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>In the order of <see cref="BlockServer.Of"/>; empty where nothing was found.</returns>
    Task<IReadOnlyList<BlockServer>> LookAsync(CancellationToken cancellationToken);

    /// <summary>Measures the round trip to a server.</summary>
    /// <param name="peer">The server.</param>
    /// <param name="timeout">How long it may take.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Null where it does not answer in time.</returns>
    Task<TimeSpan?> PingAsync(PeerId peer, TimeSpan timeout, CancellationToken cancellationToken);
}
