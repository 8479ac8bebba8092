using Whorl.Dht;
using Whorl.P2P;

namespace Whorl;

/// <content>Nodes that were seen in the swarm, for when none of those that are named is there.</content>
internal sealed partial class Network
{
    private const int MostEntrances = 16; // remembered nodes that are asked at once

    /// <summary>How often a node that stays writes down whom it knows.</summary>
    private static readonly TimeSpan MemoryPeriod = TimeSpan.FromMinutes(10);

    private KnownPeersFile? _memory;
    private ITimer? _remembering;

    /// <summary>Joins through the nodes that are named, else through those that were seen before.</summary>
    private async Task<DhtNode> JoinThroughAnyAsync(CancellationToken cancellationToken)
    {
        _memory = Options is { RemembersPeers: true, InitialPeers.Count: > 0 }
            ? new KnownPeersFile(Path.Combine(PartStore.FolderOfUser(), "swarms"), TimeProvider.System)
            : null;
        IReadOnlyList<PeerAddress> remembered = [.. (_memory?.Read(Options.InitialPeers) ?? []).Where(peer => !peer.Id!.Equals(_host.Id)).Take(MostEntrances)];
        IReadOnlyList<PeerAddress> named = [.. Options.InitialPeers.Where(peer => peer.Id is not null)];
        try
        {
            return await StartDhtAsync(await DialAsync(Options.InitialPeers, cancellationToken), cancellationToken);
        }
        catch (Exception e) when (e is WhorlException or DhtBootstrapException && remembered.Count > 0)
        {
            Log.JoinsThroughOthers(Options.Logger, remembered.Count, e.Message);
            try
            {
                // The named ones too: they are asked again and again, and what they have missed is told to them when they are back.
                return await StartDhtAsync([.. named.Concat(remembered).DistinctBy(peer => peer.Id)], cancellationToken);
            }
            catch (DhtBootstrapException)
            {
                throw e;
            }
        }
    }

    private Task<DhtNode> StartDhtAsync(IReadOnlyList<PeerAddress> peers, CancellationToken cancellationToken)
    {
        DhtOptions options = new() { ClientMode = Options.Listen.Count == 0, RefreshPeriod = Options.RefreshPeriod, Workers = Workers };
        return Starvation.RetryAsync(
            () => DhtNode.StartAsync(_host, options, peers, TimeProvider.System, new Random(), Options.Logger, cancellationToken),
            e => e is DhtBootstrapException,
            Starvation.Measure);
    }

    /// <summary>Writes down whom this node knows, now and as long as it lives.</summary>
    private void BeginRemembering()
    {
        if (_memory is not null)
        {
            Remember();
            _remembering = TimeProvider.System.CreateTimer(static network => ((Network)network!).Remember(), this, MemoryPeriod, MemoryPeriod);
        }
    }

    private void Remember() => _memory?.Add(
        Options.InitialPeers,
        [.. Dht!.Neighbours.Select(node => new PeerAddress(node.Peer, _host.KnownAddresses(node.Peer).Where(address => address.PeerId is null)))
            .Where(peer => peer.Addresses.Count > 0)]); // an address that says it leads to somebody else is nobody's
}
