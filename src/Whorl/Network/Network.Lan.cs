using System.Collections.Concurrent;
using System.Net.Sockets;
using Whorl.P2P;

namespace Whorl;

/// <content>The swarm of the local network, found without anybody being told of an address.</content>
internal sealed partial class Network
{
    /// <summary>How long it is waited for the first answer …</summary>
    private static readonly TimeSpan LongestSearch = TimeSpan.FromSeconds(4);

    /// <summary>… and after it for others.</summary>
    private static readonly TimeSpan Gathering = TimeSpan.FromMilliseconds(300);

    private readonly ConcurrentDictionary<PeerId, PeerAddress> _neighbours = new(); // at most what mDNS tells of
    private readonly TaskCompletionSource _found = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _closing = new();
    private MdnsDiscovery? _mdns;

    private void StartMdns()
    {
        try
        {
            _mdns = MdnsDiscovery.Start(_host, announces: Options.Listen.Count > 0, OnFound, TimeProvider.System, Options.Logger);
        }
        catch (SocketException e)
        {
            throw new WhorlException($"the local network cannot be searched: UDP port 5353 cannot be shared here ({e.Message}); give initial peers instead");
        }
    }

    private void OnFound(PeerAddress peer)
    {
        if (_neighbours.Count < MdnsDiscovery.MaxPeers)
        {
            _neighbours[peer.Id!] = peer;
        }

        _found.TrySetResult();
        if (Dht is not null)
        {
            _ = MeetLaterAsync(peer);
        }
    }

    /// <summary>Meets those who are there; where nobody is, a node that listens waits for others to come.</summary>
    private async Task MeetNeighboursAsync(CancellationToken cancellationToken)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(LongestSearch);
        await Task.WhenAny(_found.Task, Task.Delay(LongestSearch, TimeProvider.System, limit.Token)); // the delay may end by its token
        cancellationToken.ThrowIfCancellationRequested();
        if (_found.Task.IsCompleted)
        {
            await Task.Delay(Gathering, TimeProvider.System, cancellationToken);
        }

        int[] met = await Task.WhenAll(_neighbours.Values.Select(peer => MeetAsync(peer, cancellationToken)));
        if (met.Sum() == 0 && Options.InitialPeers.Count == 0 && Options.Listen.Count == 0)
        {
            string seconds = LongestSearch.TotalSeconds.ToString("0", System.Globalization.CultureInfo.InvariantCulture);
            throw new WhorlException(
                $"no swarm answered in this network within {seconds} s; its nodes must search the local network (--lan) too; or give initial peers");
        }
    }

    private async Task MeetLaterAsync(PeerAddress peer)
    {
        try
        {
            await MeetAsync(peer, _closing.Token);
        }
        catch (OperationCanceledException)
        {
            return; // this node closes
        }
    }

    private async Task<int> MeetAsync(PeerAddress peer, CancellationToken cancellationToken)
    {
        int met = 0;
        try
        {
            await _host.ConnectAsync(peer, cancellationToken);
            met = await Dht!.MeetAsync([peer], cancellationToken);
        }
        catch (IOException)
        {
            met = 0; // told below: somebody's address that leads nowhere is no fault
        }

        if (met > 0)
        {
            Log.Met(Options.Logger, peer.Id!);
        }
        else
        {
            Log.NotMet(Options.Logger, peer.Id!);
        }

        return met;
    }
}
