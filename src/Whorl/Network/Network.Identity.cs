using Whorl.P2P;

namespace Whorl;

/// <content>Two nodes with one identity would take each other's connections.</content>
internal sealed partial class Network
{
    /// <summary>How long those who know an address of the same id may take, and one that is there.</summary>
    private static readonly TimeSpan LongestSuspicion = TimeSpan.FromSeconds(3);

    /// <summary>Asks the swarm, as a stranger, for this node's own id. Only an identity from a file can be there already.</summary>
    /// <exception cref="WhorlException">Another node with this id answers.</exception>
    private async Task ThrowIfIdentityIsTakenAsync(CancellationToken cancellationToken)
    {
        if (Options.IdentityFile is null || Options.InitialPeers.Count == 0)
        {
            return;
        }

        await using Libp2pHost stranger = await Libp2pHost.StartAsync(new Libp2pOptions { KadMode = KadMode.Client, PunchesHoles = false });
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(LongestSuspicion);
        try
        {
            await Task.WhenAll(Options.InitialPeers.Select(peer => TryAsync(() => stranger.ConnectAsync(peer, limit.Token))));
            IReadOnlyList<Multiaddress> known = await stranger.FindPeerAsync(_host.Id, limit.Token);
            foreach (Multiaddress address in known.Except(_host.ListenAddresses).Where(address => !address.IsCircuit))
            {
                if (await TryAsync(() => stranger.ConnectAsync(new PeerAddress(_host.Id, address), limit.Token))
                    && !await TryAsync(() => _host.PingAsync(stranger.Id, limit.Token))) // it was not this node, by another of its addresses
                {
                    throw new WhorlException(
                        $"a node with the id {_host.Id} of the identity file {Options.IdentityFile} is in the swarm already, at {address}; stop it, or give another identity file");
                }
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return; // whoever does not answer in time is not there
        }
    }

    private static async Task<bool> TryAsync(Func<Task> attempt)
    {
        try
        {
            await attempt();
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }
}
