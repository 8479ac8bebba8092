using Whorl.P2P.Protocols.Kad;
using Whorl.P2P.Swarm;

namespace Whorl.P2P.Protocols;

/// <summary>Keeps this node connected to its bootstrap peers and known to the peers nearest to it, and the addresses of connected peers from being forgotten.</summary>
internal sealed class Bootstrap(Switch @switch, KadProtocol? kad)
{
    /// <summary>How often lost bootstrap connections are looked for, and how often while one is missing.</summary>
    private static readonly TimeSpan ReconnectInterval = TimeSpan.FromSeconds(15), RetryInterval = TimeSpan.FromSeconds(3);

    /// <summary>How often the routing table is refreshed.</summary>
    private static readonly TimeSpan RefreshInterval = TimeSpan.FromMinutes(10);

    public void Start()
    {
        foreach (PeerAddress peer in @switch.Options.BootstrapPeers.Where(p => p.Id is not null))
        {
            @switch.Store.AddAddresses(peer.Id!, peer.Addresses, Timeout.InfiniteTimeSpan);
        }

        if (@switch.Options.BootstrapPeers.Count > 0 || kad is not null)
        {
            @switch.Background.Run("bootstrap", MaintainAsync);
        }
    }

    /// <exception cref="PeerUnavailableException">There are bootstrap peers and none could be reached.</exception>
    public async Task RunOnceAsync(CancellationToken cancellationToken)
    {
        await ConnectAsync(cancellationToken).ConfigureAwait(false);
        if (kad is not null)
        {
            await kad.RefreshAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task ConnectAsync(CancellationToken cancellationToken)
    {
        PeerUnavailableException?[] failures = await Task.WhenAll(@switch.Options.BootstrapPeers.Select(peer => TryConnectAsync(peer, cancellationToken))).ConfigureAwait(false);
        if (failures.Length > 0 && failures.All(f => f is not null))
        {
            throw new PeerUnavailableException($"no bootstrap peer can be reached: {string.Join("; ", failures.Select(f => f!.Message))}", failures[0]);
        }
    }

    private async Task<PeerUnavailableException?> TryConnectAsync(PeerAddress peer, CancellationToken cancellationToken)
    {
        try
        {
            Connection connection = await @switch.ConnectAsync(peer, cancellationToken).ConfigureAwait(false);
            connection.IsProtected = true;
            await connection.Identified.WaitAsync(cancellationToken).ConfigureAwait(false);
            return null;
        }
        catch (IOException e)
        {
            return e as PeerUnavailableException ?? new PeerUnavailableException(e.Message, e);
        }
    }

    private async Task MaintainAsync()
    {
        long refreshed = @switch.Time.GetTimestamp();
        bool wasAlone = true;
        while (true)
        {
            RememberConnected();
            try
            {
                await ConnectAsync(@switch.Closing).ConfigureAwait(false);
                if (kad is not null && (wasAlone || @switch.Time.GetElapsedTime(refreshed) > RefreshInterval))
                {
                    await kad.RefreshAsync(@switch.Closing).ConfigureAwait(false);
                    (wasAlone, refreshed) = (kad.Table.Count == 0, @switch.Time.GetTimestamp());
                }
            }
            catch (PeerUnavailableException e)
            {
                Log.BackgroundEnded(@switch.Logger, "an attempt to bootstrap", e.Message);
            }

            bool isComplete = @switch.Options.BootstrapPeers.All(peer => peer.Id is null || peer.Id == @switch.Id || @switch.Pool.Find(peer.Id) is not null);
            await Task.Delay(isComplete ? ReconnectInterval : RetryInterval, @switch.Time, @switch.Closing).ConfigureAwait(false);
        }
    }

    /// <summary>A peer tells its addresses once, when it connects; they hold as long as it is there, and for a lifetime after.</summary>
    private void RememberConnected()
    {
        foreach (Connection connection in @switch.Pool.Snapshot())
        {
            @switch.Store.AddAddresses(connection.RemotePeer, connection.ToldAddresses, PeerStore.IdentifiedLifetime);
        }
    }
}
